"""The template that a configuration is: one resource for each of those that the catalog knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

from homeport.errors import Problem
from homeport.project.model import Source, TableSeed
from homeport.project.source.document import Document
from homeport.project.terraform.catalog.registry import KINDS, is_quiet
from homeport.project.terraform.configuration.computed import logical_id
from homeport.project.terraform.configuration.instances import ResourceInstance
from homeport.project.terraform.configuration.module import Module
from homeport.project.terraform.configuration.settings import TerraformSettings
from homeport.project.terraform.evaluation.values import EvaluationError, plain
from homeport.project.terraform.translation.code import ArchivedCode
from homeport.project.terraform.translation.functions import complete_function, complete_layer
from homeport.project.terraform.translation.http_apis import (
    complete_integration,
    complete_stage,
    report_loose_integrations,
)
from homeport.project.terraform.translation.invocations import report_missing_permissions
from homeport.project.terraform.translation.made import MadeResource, Translation
from homeport.project.terraform.translation.properties import fill_in
from homeport.project.terraform.translation.rest_apis import (
    complete_methods,
    complete_rest_api,
    complete_stages,
    complete_usage_plan,
)
from homeport.project.terraform.translation.services import (
    OF_OTHERS,
    PARTS,
    complete_parameter,
    complete_policy,
    complete_pool,
    complete_role_policy,
    complete_rule,
)
from homeport.project.terraform.translation.tables import complete_table, table_seeds

_COMPLETING: Mapping[str, Callable[[MadeResource, Translation], None]] = {
    "aws_api_gateway_rest_api": complete_rest_api,
    "aws_api_gateway_usage_plan": complete_usage_plan,
    "aws_apigatewayv2_integration": complete_integration,
    "aws_apigatewayv2_stage": complete_stage,
    "aws_cloudwatch_event_rule": complete_rule,
    "aws_cognito_user_pool": complete_pool,
    "aws_dynamodb_table": complete_table,
    "aws_iam_policy": complete_policy,
    "aws_iam_role_policy": complete_role_policy,
    "aws_ssm_parameter": complete_parameter,
}
_MOST_NAMED = 8


class MadeTemplate(NamedTuple):
    """A template, and what fills its tables."""

    document: Document
    table_seeds: tuple[TableSeed, ...]


def make_template(settings: TerraformSettings, modules: Iterable[Module], main: Source) -> MadeTemplate:
    """Return the template of some modules; ``main`` is the place of what is the owner's nowhere."""
    modules = list(modules)
    translation = Translation(settings)
    translation.add(each for module in modules for each in _instances(module, translation))
    archives = [each for module in modules for each in _archives(module)]
    code = ArchivedCode(translation, [*archives, *translation.of_type("archive_file")])
    for type, instances in translation.types().items():
        for instance in instances if type in KINDS else ():
            _make(instance, translation, code)
    complete_methods(translation)
    complete_stages(translation)
    report_loose_integrations(translation)
    report_missing_permissions(translation)
    for complete in PARTS.values():
        complete(translation)
    _name_others(translation)
    return MadeTemplate(_document(translation, main), table_seeds(translation))


def _instances(module: Module, translation: Translation) -> Iterable[ResourceInstance]:
    """Yield the resources of a module; a problem of how many there are is an error where it concerns an API."""
    for block in module.blocks.resources.values():
        kind = KINDS.get(block.labels[0])
        protects = (kind is not None and kind.protects) or block.labels[0].startswith("aws_api")
        address, own = f"{module.address}{'.'.join(block.labels)}", Source(block.file, block.line)
        try:
            with module.notes.level() as noted:
                found = module.instances(block)
            if protects:
                translation.report_guesses(noted.decided, address, own)
            yield from found
        except EvaluationError as error:
            place = Source(error.file, error.line) if error.file else own
            severity: Literal["error", "warning"] = "error" if protects else "warning"
            problem = Problem(
                f"{error.message}, so {address} is left out", place.file, place.line, error.hint, severity
            )
            translation.settings.diagnostics.add(problem)


def _archives(module: Module) -> Iterable[ResourceInstance]:
    for (type, _), block in module.blocks.data.items():
        if type == "archive_file":
            try:
                yield from module.instances(block)
            except EvaluationError:
                continue


def _make(instance: ResourceInstance, translation: Translation, code: ArchivedCode) -> None:
    made = MadeResource(logical_id(instance), KINDS[instance.type], instance)
    translation.made[instance.address] = made
    with instance.module.notes.level() as noted:
        fill_in(made, translation)
        if instance.type == "aws_lambda_function":
            complete_function(made, translation, code)
        elif instance.type == "aws_lambda_layer_version":
            complete_layer(made, translation, code)
        elif instance.type in _COMPLETING:
            _COMPLETING[instance.type](made, translation)
    if made.kind.protects:
        address = f"{instance.module.address}{instance.type}.{instance.name}"
        translation.report_guesses(noted.decided, address, instance.source)


def _name_others(translation: Translation) -> None:
    """Name the types that are not emulated, once."""
    others = {
        type: found
        for type, found in translation.types().items()
        if type not in KINDS and type not in OF_OTHERS and not is_quiet(type)
    }
    if others:
        names = [f"{type} ({found[0].name if len(found) == 1 else len(found)})" for type, found in others.items()]
        more = len(names) - _MOST_NAMED
        shown = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more types" if more > 0 else "")
        translation.warn(
            f"not emulated: {shown}", next(iter(others.values()))[0].source, "fine if nothing here needs them"
        )


def _entry(made: MadeResource, properties: dict[str, object]) -> dict[str, object]:
    metadata = {"Metadata": made.metadata} if made.metadata else {}
    return {"Type": made.kind.type, "Properties": properties, **metadata}


def _document(translation: Translation, main: Source) -> Document:
    lines = translation.settings.lines
    resources: dict[str, object] = {}
    places: dict[str, Source] = {}
    for made in translation.made.values():
        own = made.instance.source
        properties = {
            name: lines.place(plain(value), made.places.get(name, own))
            for name, value in made.properties.items()
            if value is not None
        }
        lines.place_map(properties, own, made.places)
        resources[made.logical_id] = lines.place_map(_entry(made, properties), own, {})
        places[made.logical_id] = own
    value = lines.place_map({"Resources": lines.place_map(resources, main, places)}, main, {})
    return Document(main.file, value, lines.source_map)
