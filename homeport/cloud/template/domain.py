"""A custom domain: the name, what of it leads to the API, and its record in Route 53 if the stage names a zone.

AWS::ApiGatewayV2's resources serve Regional REST APIs too, and know base paths of several levels.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
"""

from __future__ import annotations

from typing import Any

from homeport.cloud.template.functions import attribute, ref
from homeport.project.project import Project

_V2 = "AWS::ApiGatewayV2::"
ADDRESS = "RegionalDomainName"
ZONE = "RegionalHostedZoneId"


def domain(project: Project) -> dict[str, Any]:
    """The resources of a stage that has a domain."""
    said = project.stage.domain
    if said is None:
        return {}
    configuration = {
        "CertificateArn": said["certificateArn"],
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    mapping: dict[str, Any] = {"ApiId": ref("Api"), "DomainName": ref("ApiDomain"), "Stage": ref("ApiStage")}
    path = str(said.get("basePath", "")).strip("/")
    if path:
        mapping["ApiMappingKey"] = path
    resources: dict[str, Any] = {
        "ApiDomain": {
            "Type": f"{_V2}DomainName",
            "Properties": {"DomainName": said["name"], "DomainNameConfigurations": [configuration]},
        },
        "ApiDomainMapping": {"Type": f"{_V2}ApiMapping", "Properties": mapping},
    }
    if said.get("hostedZoneId"):
        resources["ApiDomainRecord"] = _record(said["name"], said["hostedZoneId"])
    return resources


def _record(name: str, zone: str) -> dict[str, Any]:
    target = {"DNSName": attribute("ApiDomain", ADDRESS), "HostedZoneId": attribute("ApiDomain", ZONE)}
    return {
        "Type": "AWS::Route53::RecordSet",
        "Properties": {"HostedZoneId": zone, "Name": name, "Type": "A", "AliasTarget": target},
    }
