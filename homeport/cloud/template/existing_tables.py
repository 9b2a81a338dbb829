"""Tables that are on AWS already: a template without them, in which each reference is their name or ARN.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from homeport.errors import ProjectError
from homeport.project.model import ExistingTable
from homeport.project.project import Project

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z]+))?\}")


def with_existing_tables(template: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """Return the template without the stage's existing tables, and with their names and ARNs in place of references.

    Raises ProjectError for an attribute that only the table's own stack knows, such as its stream.
    """
    tables = {name: it for name, it in project.stage.tables.items() if name in project.resources.tables}
    if not tables:
        return dict(template)
    rewriting = _Rewriting(project, tables)
    resources = {name: value for name, value in template["Resources"].items() if name not in tables}
    return {name: rewriting.value(resources if name == "Resources" else part) for name, part in template.items()}


class _Rewriting:
    def __init__(self, project: Project, tables: Mapping[str, ExistingTable]) -> None:
        self._project, self._tables = project, tables

    def value(self, value: Any) -> Any:
        """Return a value of the template with every reference to a table rewritten."""
        match value:
            case {"Ref": str(name)} if name in self._tables:
                return name_of(self._tables[name])
            case {"Fn::GetAtt": [str(name), str(attribute)]} if name in self._tables:
                return self._attribute(name, attribute)
            case {"Fn::Sub": str(text)}:
                return self._substitution(text, {})
            case {"Fn::Sub": [str(text), dict(variables)]}:
                return self._substitution(text, self.value(variables))
            case {"DependsOn": depended, **rest}:
                left = [
                    name for name in ([depended] if isinstance(depended, str) else depended) if name not in self._tables
                ]
                return {**({"DependsOn": left} if left else {}), **self.value(rest)}
            case dict():
                return {key: self.value(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.value(inner) for inner in value]
        return value

    def _attribute(self, name: str, attribute: str) -> Any:
        if attribute == "Arn":
            return arn_of(self._tables[name])
        position = self._project.documents.stage.at("tables", name)
        message = f"{attribute} of {name} is known to the stack alone that made the table, and this stage's uses it"
        raise ProjectError([position.error(message, "write its value where it is used in deploy/resources.yaml")])

    def _substitution(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        own = dict(variables)

        def replace(found: re.Match[str]) -> str:
            name, attribute = found[1], found[2]
            if name not in self._tables or name in variables:
                return found[0]
            variable = f"{name}{attribute or 'Name'}"
            own[variable] = self._attribute(name, attribute) if attribute else name_of(self._tables[name])
            return f"${{{variable}}}"

        changed = _REFERENCE.sub(replace, text)
        return {"Fn::Sub": [changed, own] if own else changed}


def name_of(table: ExistingTable) -> Any:
    """Return a table's name, for an imported one the part of its ARN."""
    if table.export:
        return {"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::ImportValue": table.export}]}]}
    return table.name


def arn_of(table: ExistingTable) -> Any:
    """Return a table's ARN. One that was given by its name is in the account and region of the stack."""
    if table.export:
        return {"Fn::ImportValue": table.export}
    place = "${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}"
    return table.arn or {"Fn::Sub": f"arn:{place}:table/{table.name}"}
