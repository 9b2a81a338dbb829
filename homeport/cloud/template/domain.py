"""A custom domain: its name, its mapping to the API, and its record in Route 53 if the stage names a hosted zone.

AWS::ApiGatewayV2's resources serve Regional REST APIs too, and take base paths of several levels.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.cloud.template.functions import attribute, literal, ref, sub
from homeport.project.project import Project

_V2 = "AWS::ApiGatewayV2::"
_ADDRESS = "RegionalDomainName"
_ZONE = "RegionalHostedZoneId"


def domain(project: Project) -> dict[str, Any]:
    """Return the resources of the stage's domain, none without one."""
    settings = project.stage.domain
    if settings is None:
        return {}
    configuration = {
        "CertificateArn": settings["certificateArn"],
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    mapping: dict[str, Any] = {"ApiId": ref("Api"), "DomainName": ref("ApiDomain"), "Stage": ref("ApiStage")}
    path = _base_path(settings)
    if path:
        mapping["ApiMappingKey"] = path
    resources: dict[str, Any] = {
        "ApiDomain": {
            "Type": f"{_V2}DomainName",
            "Properties": {"DomainName": settings["name"], "DomainNameConfigurations": [configuration]},
        },
        "ApiDomainMapping": {"Type": f"{_V2}ApiMapping", "Properties": mapping},
    }
    if settings.get("hostedZoneId"):
        resources["ApiDomainRecord"] = _record(settings["name"], settings["hostedZoneId"])
    return resources


def domain_outputs(project: Project) -> dict[str, Any]:
    """Return the outputs of the stage's domain, none without one."""
    if project.stage.domain is None:
        return {}
    path = _base_path(project.stage.domain)
    url = sub("https://${ApiDomain}" + (f"/{literal(path)}" if path else ""))
    return {
        "DomainUrl": {"Description": "The API under its own name", "Value": url},
        "DomainTarget": {"Description": "What the name must lead to", "Value": attribute("ApiDomain", _ADDRESS)},
        "DomainHostedZoneId": {"Description": "The zone of that", "Value": attribute("ApiDomain", _ZONE)},
    }


def _base_path(settings: Mapping[str, Any]) -> str:
    return str(settings.get("basePath", "")).strip("/")


def _record(name: str, zone: str) -> dict[str, Any]:
    target = {"DNSName": attribute("ApiDomain", _ADDRESS), "HostedZoneId": attribute("ApiDomain", _ZONE)}
    return {
        "Type": "AWS::Route53::RecordSet",
        "Properties": {"HostedZoneId": zone, "Name": name, "Type": "A", "AliasTarget": target},
    }
