"""Values of a stack as CloudFormation's functions, and the resources that come along because something refers to them.

The reader of a template works every value out. In a project of its own shape the stack has another name, and so a text
with the name or the ARN of a resource becomes ``Ref``, ``Fn::GetAtt`` or ``Fn::Sub`` again.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import LOCAL_ACCOUNT, Source
from homeport.project.source.document import Document
from homeport.scaffold.adopted.adoption import Json, references

_SECTIONS = ("Parameters", "Mappings", "Conditions")
_MADE_BY_THE_KIT = ("AWS::ApiGateway", "AWS::CloudFormation::Stack", "AWS::Lambda::", "AWS::Serverless::")
_TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_SHORTEST_NAME = 6


class StackReferences:
    """The references into a stack from what an API needs. ``notes`` has in words what resources lose."""

    def __init__(self, stack: CloudFormationStack, document: Document) -> None:
        self._document = document
        self.stack = stack
        self._roles = {each.properties.text("Role") for each in stack.of_type("AWS::Lambda::Function")}
        self._texts: dict[str, tuple[str, str]] = {}
        for value, place in _longest_first(self._of_resources()):
            self._texts.setdefault(value, place)
        self._used: dict[str, None] = {}
        self.notes: list[tuple[Source, str]] = []

    def value(self, text: str) -> Any:
        """Return a text, the names and ARNs of resources in it as functions of CloudFormation."""
        if text in self._texts:
            logical_id, attribute = self._texts[text]
            self._used[logical_id] = None
            return {"Fn::GetAtt": [logical_id, attribute]} if attribute else {"Ref": logical_id}
        substituted = self.text(text)
        return text if substituted == text else {"Fn::Sub": substituted}

    def text(self, text: str) -> str:
        """Return a text as ``Fn::Sub`` has it."""
        made = text.replace("${", "${!")
        for value, (logical_id, attribute) in self._texts.items():
            # A name alone may be a word of the text by chance.
            if value not in made or not (value.startswith("arn:") or self._is_generated(value)):
                continue
            place = f"${{{logical_id}.{attribute}}}" if attribute else f"${{{logical_id}}}"
            found = re.sub(rf"(?<![\w.-]){re.escape(value)}(?![\w.-])", lambda _, place=place: place, made)  # type: ignore[misc]
            if found != made:
                self._used[logical_id] = None
                made = found
        if LOCAL_ACCOUNT in made or made != text.replace("${", "${!"):
            made = made.replace(LOCAL_ACCOUNT, "${AWS::AccountId}").replace(self.stack.region, "${AWS::Region}")
            return made
        return text

    def resources(self) -> Json:
        """Return deploy/resources.yaml: the tables, what is referred to, and what those refer to."""
        written = self._section("Resources")
        for resource in self.stack.of_type(*_TABLE_TYPES):
            self._used[resource.logical_id] = None
        taken: Json = {}
        waiting = list(self._used)
        while waiting:
            logical_id = waiting.pop(0)
            if logical_id in taken or logical_id not in written:
                continue
            taken[logical_id] = self._resource(logical_id, written[logical_id])
            waiting += [name for name in references(taken[logical_id]) if name in written]
        ordered = {name: taken[name] for name in written if name in taken}
        return {**self._sections_for(ordered), "Resources": ordered}

    def left_out(self, taken: Mapping[str, Any]) -> Iterator[tuple[Source, str]]:
        """Yield the resources that did not come along, with a word on each; not those that the kit makes itself."""
        for resource in self.stack.resources.values():
            if resource.logical_id not in taken and self._may_come(resource):
                yield (
                    resource.properties.source,
                    f"{resource.logical_id} ({resource.type}): nothing of the API refers to it",
                )

    def _of_resources(self) -> Iterator[tuple[str, tuple[str, str]]]:
        for resource in self.stack.resources.values():
            if self._may_come(resource):
                yield from ((value, (resource.logical_id, name)) for name, value in resource.attributes.items())
                yield resource.physical_id, (resource.logical_id, "")

    def _may_come(self, resource: StackResource) -> bool:
        is_role = resource.type.startswith("AWS::IAM::") and (
            resource.arn in self._roles or resource.type != "AWS::IAM::Role"
        )
        nested = "." in resource.logical_id
        return not is_role and not nested and not resource.type.startswith(_MADE_BY_THE_KIT)

    def _is_generated(self, name: str) -> bool:
        """Return whether a physical id is made by AWS, so that it is no word of a text by chance."""
        return len(name) >= _SHORTEST_NAME and (
            name.startswith(f"{self.stack.name}-") or any(letter.isdigit() for letter in name)
        )

    def _section(self, name: str) -> Json:
        found = self._document.value.get(name)
        return found if isinstance(found, dict) else {}

    def _resource(self, logical_id: str, written: Json) -> Json:
        """Return a resource without the properties that refer to what does not come along."""
        resource: Json = copy.deepcopy(dict(written))
        known = self.stack.resources.get(logical_id)
        properties = resource.get("Properties")
        for name in list(properties) if isinstance(properties, dict) else ():
            assert isinstance(properties, dict)
            lost = [each for each in references(properties[name]) if not self._is_there(each)]
            if lost:
                del properties[name]
                at = Source(self._document.file, 0) if known is None else known.properties.at(name).source
                self.notes.append((at, f"{name} of {logical_id}, which refers to {', '.join(dict.fromkeys(lost))}"))
        depends = resource.pop("DependsOn", [])
        kept = [each for each in ([depends] if isinstance(depends, str) else depends) if self._is_there(each)]
        if kept:
            resource["DependsOn"] = kept
        # SAM's own mark of a translated resource.
        resource.pop("Metadata", None)
        return resource

    def _is_there(self, name: str) -> bool:
        if name not in self._section("Resources"):
            return True
        resource = self.stack.resources.get(name)
        return resource is not None and self._may_come(resource)

    def _sections_for(self, resources: Json) -> Json:
        """Return the parameters, mappings and conditions that resources refer to, those of conditions included."""
        needed, sections = set(references(resources)), {name: self._section(name) for name in _SECTIONS}
        while True:
            added = {
                name
                for condition, said in sections["Conditions"].items()
                if condition in needed
                for name in references(said)
            }
            if added <= needed:
                break
            needed |= added
        made = {
            section: {name: copy.deepcopy(said) for name, said in entries.items() if name in needed}
            for section, entries in sections.items()
        }
        for name, parameter in made["Parameters"].items():
            value = self.stack.names.get(name)
            if isinstance(parameter, dict) and value is not None:
                parameter["Default"] = ",".join(value) if isinstance(value, list) else value
        return {section: entries for section, entries in made.items() if entries}


def _longest_first(pairs: Iterator[tuple[str, tuple[str, str]]]) -> list[tuple[str, tuple[str, str]]]:
    # Ref stands for a name where an attribute has the same value.
    return sorted((pair for pair in pairs if pair[0]), key=lambda pair: (-len(pair[0]), pair[1][1] != ""))
