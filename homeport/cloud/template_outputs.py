"""What the stack tells once it stands: the API's address, and the names of functions and tables."""

from __future__ import annotations

from typing import Any

from homeport.cloud.template_domain import ADDRESS, ZONE
from homeport.cloud.template_functions import attribute, literal, ref, sub
from homeport.cloud.template_names import Names
from homeport.spec.project import Project

_API = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"


def outputs(project: Project, names: Names) -> dict[str, Any]:
    """The outputs by name."""
    return {
        "ApiUrl": {"Description": "Where the API answers", "Value": sub(f"{_API}{project.stage.base_path}")},
        **_domain(project),
        **{
            f"{names.functions[name]}FunctionName": {"Value": ref(f"{names.functions[name]}Function")}
            for name in project.api.functions
        },
        **{f"{table}Name": {"Value": ref(table)} for table in project.resources.tables},
    }


def _domain(project: Project) -> dict[str, Any]:
    said = project.stage.domain
    if said is None:
        return {}
    path = str(said.get("basePath", "")).strip("/")
    url = sub("https://${ApiDomain}" + (f"/{literal(path)}" if path else ""))
    return {
        "DomainUrl": {"Description": "The API under its own name", "Value": url},
        "DomainTarget": {"Description": "What the name must lead to", "Value": attribute("ApiDomain", ADDRESS)},
        "DomainHostedZoneId": {"Description": "The zone of that", "Value": attribute("ApiDomain", ZONE)},
    }
