"""The stacks of an app as one template: nested stacks are part of it, and references between stacks are its own.

What a stack exports stands where another one imports it (``Fn::ImportValue``, ``Fn::GetStackOutput``); a parameter of a
nested stack is the value that it is given. Logical ids stay, but where two stacks have the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from homeport.project.cdk.assembly import SynthesizedStack, asset_file
from homeport.project.cdk.stack_scope import CONDITION_OF_METADATA, NESTED, BoundParameter, GivenNames, StackScope
from homeport.project.cloudformation.template.template import read_template
from homeport.project.model import LOCAL_ACCOUNT, Source
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.graft import relative_file
from homeport.project.source.source_map import SourceLines, SourceMap

_SUB = re.compile(r"\$\{([^!}][^}]*)\}")
_ARN = re.compile(r"\b(arn:aws[a-z-]*:[a-z0-9-]+:)([a-z]{2}(?:-[a-z]+)+-\d)?:(\d{12}):")
_IGNORED_PARAMETERS = re.compile(r"BootstrapVersion|AssetParameters[0-9a-f]{64}.*")
_DEEPEST = 40

Placing = Callable[[StackScope, Mapping[str, Any]], Source | None]


class MergedTemplate:
    """Builds the template. ``place`` returns where the app makes a resource, None where that is not known."""

    def __init__(self, root: Path, diagnostics: Diagnostics, place: Placing) -> None:
        self.source_map: SourceMap = {}
        self.scopes: list[StackScope] = []
        self.owners: dict[str, StackScope] = {}
        self._root = root
        self._diagnostics = diagnostics
        self._place = place
        self._names = {section: GivenNames() for section in ("Resources", "Conditions", "Mappings", "Parameters")}
        self._sections: dict[str, dict[str, Any]] = {section: {} for section in self._names}
        self._exports: dict[str, tuple[Any, StackScope]] = {}
        self._depth = 0

    @property
    def files(self) -> frozenset[str]:
        """The files of the templates."""
        return frozenset(each.document.file for top in self.scopes for each in top.every())

    def build(self, stacks: Iterable[SynthesizedStack]) -> Document | None:
        """Return the template of some stacks, None if there is nothing to read."""
        for stack in stacks:
            file = relative_file(self._root, stack.template)
            document = read_template(self._root, file, self._diagnostics)
            if document is not None:
                self.scopes.append(self._scope(stack, document, stack.name, None, {}))
        if not self.scopes:
            return None
        every = [each for top in self.scopes for each in top.every()]
        self._bind_stored_parameters(every)
        for scope in every:
            self._add(scope)
        found: dict[str, Any] = {name: section for name, section in self._sections.items() if section}
        transforms = [each for top in self.scopes for each in _entries(top.document.value.get("Transform"))]
        if transforms:
            unique = {json.dumps(each, sort_keys=True): each for each in transforms}
            found["Transform"] = list(unique.values())
        value = {"Resources": {}, **found}
        self.source_map[id(value)] = SourceLines(1, dict.fromkeys(value, 1))
        for section in value.values():
            if isinstance(section, dict):
                self.source_map[id(section)] = self._section_lines(section)
        return Document(self.scopes[0].document.file, value, self.source_map)

    def copy(self, value: Any, scope: StackScope) -> Any:
        """Return a value of a stack's template as it is in the merged one."""
        if isinstance(value, dict):
            if len(value) == 1:
                found = self._function(next(iter(value)), value, scope)
                if found is not None:
                    return found[0]
            return self._with_lines({key: self.copy(child, scope) for key, child in value.items()}, value, scope)
        if isinstance(value, list):
            return self._with_lines([self.copy(child, scope) for child in value], value, scope)
        return self._localize(value, scope) if isinstance(value, str) else value

    def _scope(
        self,
        stack: SynthesizedStack,
        document: Document,
        name: str,
        above: StackScope | None,
        given: Mapping[str, Any],
    ) -> StackScope:
        scope = StackScope(stack, document, name)
        for written in scope.section("Parameters"):
            if above is not None and written in given:
                scope.parameters[written] = BoundParameter(given[written], above)
            elif not _IGNORED_PARAMETERS.fullmatch(written):
                scope.parameters[written] = self._share("Parameters", written, scope)
        scope.mappings = {written: self._share("Mappings", written, scope) for written in scope.section("Mappings")}
        scope.conditions = {
            written: self._names["Conditions"].give(written, scope)
            for written in scope.section("Conditions")
            if written != CONDITION_OF_METADATA
        }
        stacks = {written: each for written, each in scope.resources.items() if each.get("Type") == NESTED}
        own = (written for written in scope.resources if written not in stacks)
        scope.ids = {written: self._names["Resources"].give(written, scope) for written in own}
        for written, resource in stacks.items():
            inner = self._scope_of_nested(written, resource, scope)
            if inner is not None:
                scope.nested[written] = inner
            else:
                scope.ids[written] = self._names["Resources"].give(written, scope)
        for written, output in scope.section("Outputs").items():
            if isinstance(output, dict) and "Value" in output:
                self._exports[f"{scope.name}\0{written}"] = output["Value"], scope
                exported = _map(output.get("Export")).get("Name")
                if exported is not None:
                    self._exports[_export_text(exported, scope)] = output["Value"], scope
        return scope

    def _scope_of_nested(self, written: str, resource: Mapping[str, Any], scope: StackScope) -> StackScope | None:
        """Return the scope of a nested stack, None if its template is not in the assembly."""
        properties = _map(resource.get("Properties"))
        path = _map(resource.get("Metadata")).get("aws:asset:path")
        url = json.dumps(properties.get("TemplateURL"))
        hashes = (hash for hash in re.findall(r"[0-9a-f]{64}", url) if hash in scope.stack.assets)
        folder = scope.stack.template.parent
        file = asset_file(folder, folder.parent, path) if isinstance(path, str) else None
        file = file or next((scope.stack.assets[hash] for hash in hashes), None)
        document = None
        if file is not None and file.is_file():
            document = read_template(self._root, relative_file(self._root, file), self._diagnostics)
        if document is None:
            self._diagnostics.add(
                scope.document.at("Resources", written).warning(
                    f"the template of the nested stack {written} is not in the assembly, so its resources are left out",
                    "synthesize the app again: cdk synth",
                )
            )
            return None
        given = _map(properties.get("Parameters"))
        return self._scope(scope.stack, document, f"{scope.name}-{written}", scope, given)

    def _bind_stored_parameters(self, scopes: list[StackScope]) -> None:
        """Have parameters whose values are in Parameter Store take those that a stack of the app puts there."""
        stored: dict[str, BoundParameter] = {}
        for scope in scopes:
            for resource in scope.resources.values():
                properties = _map(resource.get("Properties"))
                if resource.get("Type") == "AWS::SSM::Parameter" and isinstance(properties.get("Name"), str):
                    stored[properties["Name"]] = BoundParameter(properties.get("Value"), scope)
        for scope in scopes:
            for written, name in scope.parameters.items():
                parameter = _map(scope.section("Parameters").get(written))
                found = stored.get(str(parameter.get("Default")))
                if found is not None and str(parameter.get("Type")).startswith("AWS::SSM::Parameter::Value<"):
                    scope.parameters[written] = found
                    if isinstance(name, str):
                        self._sections["Parameters"].pop(name, None)

    def _share(self, section: str, written: str, scope: StackScope) -> str:
        """Return the name of a parameter or mapping, which several stacks may have alike."""
        value = scope.section(section)[written]
        content = self._sections[section]
        name = written if content.get(written) == value else self._names[section].give(written, scope)
        content.setdefault(name, self._with_lines_of_all(value, scope))
        return name

    def _add(self, scope: StackScope) -> None:
        for written, resource in scope.resources.items():
            made = {key: self.copy(child, scope) for key, child in resource.items() if key not in ("DependsOn", "Type")}
            made["Type"] = resource.get("Type")
            condition = resource.get("Condition")
            if isinstance(condition, str):
                made["Condition"] = scope.conditions.get(condition, condition)
            self._with_lines(made, resource, scope)
            place = self._place(scope, resource)
            if place is not None:
                self._set_place(made, place)
            self._sections["Resources"][scope.ids[written]] = made
            self.owners[scope.ids[written]] = scope
        for written, condition in scope.section("Conditions").items():
            if written in scope.conditions:
                self._sections["Conditions"][scope.conditions[written]] = self.copy(condition, scope)

    def _function(self, name: str, value: dict[str, Any], scope: StackScope) -> tuple[Any] | None:
        """Return what a function of CloudFormation becomes, None where it is copied as any map."""
        match name, value[name]:
            case "Ref", str(target):
                return (self._reference(target, value, scope),)
            case "Fn::GetAtt", [str(target), str(attribute)]:
                return (self._attribute(target, attribute, value, scope),)
            case "Fn::GetAtt", str(text):
                return (self._attribute(text.partition(".")[0], text.partition(".")[2], value, scope),)
            case "Fn::Sub", written:
                return self._substitute(written, value, scope)
            case "Fn::ImportValue", exported:
                return self._import(_export_text(exported, scope))
            case "Fn::GetStackOutput", {"StackName": str(stack), "OutputName": str(output)}:
                return self._import(f"{stack}\0{output}")
            case "Condition", str(condition):
                return (self._with_lines({"Condition": scope.conditions.get(condition, condition)}, value, scope),)
            case "Fn::If" | "Fn::FindInMap", [str(first), *rest]:
                names = scope.conditions if name == "Fn::If" else scope.mappings
                parts = [names.get(first, first), *(self.copy(each, scope) for each in rest)]
                return (self._with_lines({name: self._with_lines(parts, value[name], scope)}, value, scope),)
        return None

    def _reference(self, target: str, value: dict[str, Any], scope: StackScope) -> Any:
        if target == "AWS::StackName":
            return scope.name
        bound = scope.parameters.get(target)
        if isinstance(bound, BoundParameter):
            return self.copy(bound.value, bound.scope)
        if target in scope.nested:
            return scope.nested[target].name
        return self._with_lines({"Ref": bound or scope.ids.get(target, target)}, value, scope)

    def _attribute(self, target: str, attribute: str, value: dict[str, Any], scope: StackScope) -> Any:
        if target in scope.nested and attribute.startswith("Outputs."):
            inner = scope.nested[target]
            output = _map(inner.section("Outputs").get(attribute.removeprefix("Outputs.")))
            return self.copy(output.get("Value"), inner)
        return self._with_lines({"Fn::GetAtt": [scope.ids.get(target, target), attribute]}, value, scope)

    def _import(self, name: str) -> tuple[Any] | None:
        found = self._exports.get(name)
        if found is None or self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return (self.copy(*found),)
        finally:
            self._depth -= 1

    def _substitute(self, text: Any, value: dict[str, Any], scope: StackScope) -> tuple[Any] | None:
        written: dict[str, Any] = {}
        match text:
            case [str(text), dict(written)]:
                pass
            case list() | dict():
                return None
        variables = {name: self.copy(child, scope) for name, child in written.items()}

        def replace(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name in written or (name.startswith("AWS::") and name != "AWS::StackName"):
                return found[0]
            target, _, attribute = name.partition(".")
            made = self._attribute(target, attribute, {}, scope) if attribute else self._reference(name, {}, scope)
            match made:
                case str():
                    return made
                case {"Ref": str(new)} | {"Fn::GetAtt": [str(new), *_]} if new in (target, scope.ids.get(target)):
                    return f"${{{new}.{attribute}}}" if attribute else f"${{{new}}}"
            variables[name := re.sub(r"\W", "", name)] = made
            return f"${{{name}}}"

        new = self._localize(_SUB.sub(replace, str(text)), scope)
        return (self._with_lines({"Fn::Sub": [new, variables] if variables else new}, value, scope),)

    def _localize(self, text: str, scope: StackScope) -> str:
        """Return a text in which ARNs of the stack's own account are those of the local one."""
        account = scope.stack.account
        if not account or account not in text:
            return text
        return _ARN.sub(
            lambda found: f"{found[1]}{found[2] or ''}:{LOCAL_ACCOUNT if found[3] == account else found[3]}:", text
        )

    def _with_lines(self, made: Any, written: Any, scope: StackScope) -> Any:
        lines = scope.document.source_map.get(id(written))
        if lines is None:
            return made
        children = lines.children
        if isinstance(made, list) and not isinstance(children, list):
            children = [lines.line] * len(made)
        elif isinstance(made, dict):
            known = children if isinstance(children, dict) else {}
            children = {**dict.fromkeys(made, lines.line), **known}
        self.source_map[id(made)] = lines._replace(children=children).in_file(scope.document.file)
        return made

    def _with_lines_of_all(self, value: Any, scope: StackScope) -> Any:
        match value:
            case dict():
                for child in value.values():
                    self._with_lines_of_all(child, scope)
            case list():
                for child in value:
                    self._with_lines_of_all(child, scope)
        return self._with_lines(value, value, scope)

    def _set_place(self, value: Any, place: Source) -> None:
        """Have a value and all that is in it come from a place of the owner's."""
        if isinstance(value, dict):
            self.source_map[id(value)] = SourceLines(place.line, dict.fromkeys(value, place.line), place.file)
            for child in value.values():
                self._set_place(child, place)
        elif isinstance(value, list):
            self.source_map[id(value)] = SourceLines(place.line, [place.line] * len(value), place.file)
            for child in value:
                self._set_place(child, place)

    def _section_lines(self, section: dict[str, Any]) -> SourceLines:
        inner = {key: self.source_map.get(id(child)) for key, child in section.items()}
        children = {key: lines.line if lines is not None else 1 for key, lines in inner.items()}
        files: dict[str | int, str] = {
            key: lines.file for key, lines in inner.items() if lines is not None and lines.file
        }
        return SourceLines(1, children, "", files)


def _export_text(name: Any, scope: StackScope) -> str:
    """Return the name of an export as text; CDK writes it out, an owner may join it with the stack's name."""
    match name:
        case str():
            return name.replace("${AWS::StackName}", scope.name)
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::StackName}", scope.name)
        case {"Ref": "AWS::StackName"}:
            return scope.name
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(_export_text(each, scope) for each in parts)
    return json.dumps(name, sort_keys=True)


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
