"""REST APIs beyond their names: integrations and responses are parts of methods, settings of methods parts of stages.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/api_gateway_integration
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.model import Source
from homeport.project.terraform.catalog.kinds import Field, Nested, pascal
from homeport.project.terraform.configuration.instances import ResourceInstance
from homeport.project.terraform.evaluation.values import EvaluationError, as_text
from homeport.project.terraform.translation.documents import document_of
from homeport.project.terraform.translation.made import MadeResource, Translation
from homeport.project.terraform.translation.properties import nested_map

_INTEGRATION: dict[str, Field] = {
    **pascal("cache_key_parameters", "cache_namespace", "connection_id", "connection_type", "content_handling"),
    **pascal("credentials", "integration_http_method", "passthrough_behavior", "request_parameters"),
    **pascal("request_templates", "type", "uri"),
    "timeout_milliseconds": "TimeoutInMillis",
    "tls_config": Nested("TlsConfig", pascal("insecure_skip_verification")),
}
_INTEGRATION_RESPONSE = pascal(
    *("content_handling", "response_parameters", "response_templates", "selection_pattern", "status_code"),
)
_METHOD_RESPONSE = pascal("response_models", "response_parameters", "status_code")
_SETTINGS = pascal(
    *("cache_data_encrypted", "cache_ttl_in_seconds", "caching_enabled", "require_authorization_for_cache_control"),
    *("throttling_burst_limit", "throttling_rate_limit", "unauthorized_cache_control_header_strategy"),
)
_KEYS = ("rest_api_id", "resource_id", "http_method")


def complete_methods(translation: Translation) -> None:
    """Put integrations and responses into their methods. A part without a method is named."""
    methods = {key: made for made in translation.made_of("aws_api_gateway_method") if (key := _key(made.instance))}
    for instance, made in _parts(translation, methods, "aws_api_gateway_integration"):
        with translation.reporting("the integration", instance, protects=True):
            made.set(
                "Integration", nested_map(instance.view, _INTEGRATION, translation.settings.lines), instance.source
            )
    for instance, made in _parts(translation, methods, "aws_api_gateway_method_response"):
        with translation.reporting("the response", instance):
            made.add(
                "MethodResponses",
                nested_map(instance.view, _METHOD_RESPONSE, translation.settings.lines),
                instance.source,
            )
    for instance, made in _parts(translation, methods, "aws_api_gateway_integration_response"):
        integration = made.properties.get("Integration")
        if isinstance(integration, dict):
            with translation.reporting("the response", instance):
                entry = nested_map(instance.view, _INTEGRATION_RESPONSE, translation.settings.lines)
                integration.setdefault("IntegrationResponses", []).append(entry)


def _parts(
    translation: Translation, methods: dict[tuple[str, ...], MadeResource], type: str
) -> Iterator[tuple[ResourceInstance, MadeResource]]:
    for instance in translation.of_type(type):
        key = _key(instance)
        made = methods.get(key) if key else None
        if made is not None:
            yield instance, made
        else:
            translation.warn(
                f"{instance.address} belongs to no method of this configuration",
                instance.source,
                "check its http_method",
            )


def _key(instance: ResourceInstance) -> tuple[str, ...]:
    """Return what identifies a method; empty where it can't be worked out."""
    try:
        return tuple(as_text(instance.attribute(name) or "") for name in _KEYS)
    except EvaluationError:
        return ()


def complete_stages(translation: Translation) -> None:
    """Put the settings of methods into their stages, and make the stage that a deployment makes by itself."""
    stages = list(translation.made_of("aws_api_gateway_stage", "aws_api_gateway_deployment"))
    for instance in translation.of_type("aws_api_gateway_method_settings"):
        with translation.reporting("the settings", instance):
            view, lines = instance.view, translation.settings.lines
            path, _, method = as_text(view.get("method_path") or "*/*").rpartition("/")
            limits = {
                name: value
                for each in view.views("settings")
                for name, value in nested_map(each, _SETTINGS, lines).items()
                if value not in (-1, "-1")
            }
            setting = {"ResourcePath": _resource_path(path), "HttpMethod": method, **limits}
            wanted = instance.attribute("rest_api_id"), instance.attribute("stage_name")
            for made in stages:
                if (made.properties.get("RestApiId"), made.properties.get("StageName")) == wanted:
                    _add_setting(made, setting, instance.source)
    for made in translation.made_of("aws_api_gateway_deployment"):
        with translation.reporting("variables", made.instance):
            variables = made.instance.view.get("variables")
            if variables and made.properties.get("StageName"):
                description = made.properties.setdefault("StageDescription", {})
                description["Variables"] = variables


def _resource_path(path: str) -> str:
    """Return the path of a method's settings as CloudFormation writes it: ``/~1items~1{id}`` for ``items/{id}``."""
    return "/*" if path == "*" else "/" + f"/{path.strip('/')}".replace("~1", "/").replace("/", "~1")


def _add_setting(made: MadeResource, setting: dict[str, Any], place: Source) -> None:
    if made.instance.type == "aws_api_gateway_stage":
        made.add("MethodSettings", setting, place)
    else:
        made.properties.setdefault("StageDescription", {}).setdefault("MethodSettings", []).append(setting)


def complete_rest_api(made: MadeResource, translation: Translation) -> None:
    """Drop a compression that is switched off, and add a policy that is a resource of its own."""
    if made.properties.get("MinimumCompressionSize") in (-1, "-1", ""):
        # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/api_gateway_rest_api
        del made.properties["MinimumCompressionSize"]
    for instance in translation.of_type("aws_api_gateway_rest_api_policy"):
        with translation.reporting("the policy", instance, protects=True):
            if instance.attribute("rest_api_id") == made.instance.attribute("id"):
                place = instance.view.place("policy")
                with translation.settings.notes.level() as noted:
                    document = document_of(instance.view.get("policy"), place, translation.settings.lines)
                if document is None:
                    translation.report_guesses(noted.read, instance.address, place)
                made.set("Policy", document, place)


def complete_usage_plan(made: MadeResource, translation: Translation) -> None:
    """Set the stages of a usage plan, with the limits of single methods."""
    view, lines = made.instance.view, translation.settings.lines
    for each in view.views("api_stages"):
        with translation.reporting("api_stages", made.instance, protects=True):
            entry: dict[str, Any] = {"ApiId": each.get("api_id"), "Stage": each.get("stage")}
            limits = {
                as_text(limit.get("path")): nested_map(limit, pascal("burst_limit", "rate_limit"), lines)
                for limit in each.views("throttle")
            }
            if limits:
                entry["Throttle"] = limits
            made.add("ApiStages", lines.place_map(entry, each.source, {}), each.source)
