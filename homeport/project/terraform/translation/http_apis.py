"""HTTP APIs beyond their names: settings of routes in stages, and mappings of responses."""

from __future__ import annotations

from typing import Any

from homeport.project.terraform.catalog.kinds import pascal
from homeport.project.terraform.evaluation.values import as_text
from homeport.project.terraform.translation.made import MadeResource, Translation
from homeport.project.terraform.translation.properties import nested_map

_LIMITS = pascal("throttling_burst_limit", "throttling_rate_limit")


def complete_stage(made: MadeResource, translation: Translation) -> None:
    """Set the settings of single routes, which CloudFormation has as a map."""
    view, lines = made.instance.view, translation.settings.lines
    with translation.reporting("route_settings", made.instance):
        settings = {
            as_text(each.get("route_key")): nested_map(each, _LIMITS, lines) for each in view.views("route_settings")
        }
        if settings:
            made.set("RouteSettings", settings, view.place("route_settings"))


def complete_integration(made: MadeResource, translation: Translation) -> None:
    """Set the mappings of responses, and drop a payload format where AWS takes none."""
    view = made.instance.view
    if str(made.properties.get("IntegrationType", "")).upper() != "AWS_PROXY" and not view.has(
        "payload_format_version"
    ):
        made.properties.pop("PayloadFormatVersion", None)
    with translation.reporting("response_parameters", made.instance):
        mappings: dict[str, Any] = {}
        for each in view.views("response_parameters"):
            written = each.get("mappings")
            entries = written if isinstance(written, dict) else {}
            mappings[as_text(each.get("status_code"))] = {
                "ResponseParameters": [{"Destination": key, "Source": value} for key, value in entries.items()]
            }
        if mappings:
            made.set("ResponseParameters", mappings, view.place("response_parameters"))


def report_loose_integrations(translation: Translation) -> None:
    """Warn of integrations to which no route leads: no request gets to them, here and on AWS."""
    targets = {
        as_text(made.properties.get("Target") or "").rpartition("/")[2]
        for made in translation.made_of("aws_apigatewayv2_route")
    }
    for made in translation.made_of("aws_apigatewayv2_integration"):
        with translation.reporting("the integration", made.instance):
            if made.instance.attribute("id") not in targets:
                address = made.instance.address
                translation.warn(
                    f"no route leads to {address}, so no request gets to it",
                    made.instance.source,
                    f'add an aws_apigatewayv2_route with target = "integrations/${{{address}.id}}"',
                )
