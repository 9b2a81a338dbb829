"""The steps from a serverless.yml to the template of CloudFormation that the framework makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.project import ProjectInputs
from homeport.project.serverless.configuration import ServerlessConfiguration, read_configuration
from homeport.project.serverless.events.event_sources import add_event_sources
from homeport.project.serverless.events.notifications import add_buckets, add_topics
from homeport.project.serverless.events.other_events import add_user_pools, add_websocket_api, report_other_events
from homeport.project.serverless.events.rules import add_rules
from homeport.project.serverless.events.state_machines import add_state_machines
from homeport.project.serverless.functions.function_code import report_packages, report_unbuilt
from homeport.project.serverless.functions.function_resources import add_functions
from homeport.project.serverless.functions.layers import add_layers
from homeport.project.serverless.functions.roles import add_roles
from homeport.project.serverless.http_api.http_api_resources import add_http_api
from homeport.project.serverless.known_keys import report_unknown_keys
from homeport.project.serverless.plugin_resources import stand_ins
from homeport.project.serverless.plugins import CUSTOM_KEYS, report_plugins
from homeport.project.serverless.resources import merged_template
from homeport.project.serverless.rest_api.rest_api_resources import add_rest_api
from homeport.project.serverless.service import ServerlessFunction, ServerlessService, ServiceTemplate, text_of
from homeport.project.serverless.table_seeds import table_seeds
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

STEPS = (
    add_roles,
    add_layers,
    add_functions,
    add_rest_api,
    add_http_api,
    add_websocket_api,
    add_event_sources,
    add_topics,
    add_buckets,
    add_rules,
    add_user_pools,
    add_state_machines,
)
"""The steps that make resources of a service, in their order."""


def read_service(request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
    """Read a service as the template that the framework makes of it; None if it can't be read."""
    configuration = read_configuration(request, CUSTOM_KEYS, diagnostics)
    service = _service(configuration) if configuration is not None else None
    if configuration is None or service is None:
        return None
    report_unknown_keys(service)
    report_plugins(service)
    report_other_events(service)
    report_unbuilt(service)
    report_packages(service)
    template = ServiceTemplate()
    for step in STEPS:
        step(service, template)
    document = _document(service, template)
    return FormatTemplate(
        document,
        _template_inputs(request, configuration, document),
        files=configuration.files,
        stack_name=text_of(service.provider.at("stackName")) or service.prefix,
        region=service.region,
        table_seeds=table_seeds(service, request.root),
    )


def _document(service: ServerlessService, template: ServiceTemplate) -> Document:
    content = merged_template(service, template)
    document = DocumentBuilder().document(content, service.top)
    missing = stand_ins(document.value, service)
    if not missing:
        return document
    place = next(iter(service.plugins.values()), service.top)
    more = {name: Placed(resource, place) for name, resource in missing.items()}
    root = Cursor.root(document, service.top.diagnostics)
    resources = Placed({**dict(root.at("Resources").items()), **more}, root.at("Resources"))
    return DocumentBuilder().document({**dict(root.items()), "Resources": resources}, root)


def _template_inputs(
    request: FormatRequest, configuration: ServerlessConfiguration, document: Document
) -> ProjectInputs:
    """Return the inputs without the parameters that variables have taken, unless the template takes them, too."""
    sections = document.value.get("Parameters")
    known = sections if isinstance(sections, dict) else {}
    taken = configuration.used_parameters - known.keys()
    left = tuple((name, value) for name, value in request.inputs.parameters if name not in taken)
    return replace(request.inputs, parameters=left)


def _service(configuration: ServerlessConfiguration) -> ServerlessService | None:
    top = configuration.top
    name = text_of(top.at("service")) or text_of(top.at("service").at("name"))
    if not name:
        top.error("the configuration has no service", "write service: NAME")
        return None
    provider = top.at("provider")
    return ServerlessService(
        name=name,
        stage=configuration.stage,
        region=configuration.region,
        folder=configuration.folder,
        top=top,
        provider=provider if isinstance(provider.value, dict) else provider._replace(value={}),
        custom=configuration.custom,
        functions=tuple(_functions(top.at("functions"))),
        plugins=dict(_plugins(top.at("plugins"))),
        dotenv=configuration.dotenv,
    )


def _functions(section: Cursor) -> Iterator[ServerlessFunction]:
    """Yield the functions of a map, or of a list of maps."""
    if section.value is not None and not isinstance(section.value, dict | list):
        section.error("functions is no map and no list of maps", "write functions: {NAME: {handler: FILE.FUNCTION}}")
    for part in section.entries() if isinstance(section.value, list) else [section]:
        if part.value is not None and part is not section:
            part.is_map("a map of functions")
        for key, settings in part.items():
            if not isinstance(settings.value, dict):
                settings.error(f"the function {key} is no map", "write handler: FILE.FUNCTION in it")
            elif not re.fullmatch(r"[\w-]+", key):
                settings.error(f"the function's name {key!r} has other characters than letters, digits, - and _")
            else:
                yield ServerlessFunction(key, settings, tuple(_events(settings.at("events"))))


def _events(section: Cursor) -> Iterator[Cursor]:
    """Yield the events of a function; a list within the list counts as its entries."""
    if section.value is not None and not isinstance(section.value, list):
        section.error("events is no list", "write - http: GET /items")
    for entry in section.entries():
        yield from entry.entries() if isinstance(entry.value, list) else [entry]


def _plugins(section: Cursor) -> Iterator[tuple[str, Cursor]]:
    for entry in (section.at("modules") if isinstance(section.value, dict) else section).entries():
        if text_of(entry):
            yield text_of(entry), entry
