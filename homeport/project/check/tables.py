"""Rules for tables: their backups, the attribute by which their items expire, and the variables with their names.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.cloudformation.permissions.missing_rights import missing_table
from homeport.project.model import Function, Table
from homeport.project.project import Project
from homeport.project.python_code import FindModule, find_module, imported_modules, run_by_import

_WRITES = frozenset(("BatchWriteItem", "PutItem", "UpdateItem"))
_EXPIRY = re.compile(
    r"ttl|timetolive|expires?|expir(?:y|ation|es?)(?:at|date|epoch|on|time|ts|timestamp|ttl)?|delete(?:after|at)"
)
_ASSIGNED = re.compile(r"(?<![#:\w])([A-Za-z_]\w*)\s*=\s*(?:if_not_exists\s*\(|:)")


class WrittenExpiry(NamedTuple):
    """An attribute that code writes whose name says that it is an expiry, and where."""

    attribute: str
    file: str
    line: int


class ReadVariable(NamedTuple):
    """A variable that code reads as ``os.environ["NAME"]`` when it is imported, and where."""

    name: str
    file: str
    line: int


def point_in_time_recovery(project: Project) -> Iterator[Problem]:
    """A table can be restored as it was before a mistake."""
    for name, table in project.resources.tables.items():
        if name in project.stage.tables:
            continue
        # A table that says no to it, in this stage or in all, means it.
        if not table.properties.get("PointInTimeRecoverySpecification"):
            yield project.documents.resources.at("Resources", name).warning(
                f"{name} has no point-in-time recovery: what a faulty function overwrites is lost",
                "add PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
            )


def expiry(project: Project) -> Iterator[Problem]:
    """An expiry that code writes into a table is the table's TTL attribute."""
    written: dict[str, WrittenExpiry] = {}
    tables: dict[str, dict[str, Table]] = {}
    shown, find = _property_names(project.api.document), cache(find_module)
    for function in project.api.functions.values():
        own = _written_tables(project, function)
        for found in written_expiries(project, function, find) if own else ():
            # One that the API shows may be a date of the business, after which the item stays.
            if found.attribute not in shown:
                written.setdefault(found.attribute, found)
                tables.setdefault(found.attribute, {}).update(own)
    for attribute, found in written.items():
        names = {ttl_attribute(table): table for table in tables[attribute].values()}
        if attribute in names:
            continue
        other = next((name for name in names if name), None)
        which = ", ".join(tables[attribute])
        if other is not None:
            table = names[other]
            yield project.documents.resources.at("Resources", table.logical_id).warning(
                f"the TTL attribute of {table.logical_id} is {other!r}, and {found.file}:{found.line} "
                f"writes {attribute!r}",
                f"write AttributeName: {attribute}",
            )
        else:
            first = next(iter(tables[attribute]))
            yield project.documents.resources.at("Resources", first).warning(
                f"{found.file}:{found.line} writes the expiry {attribute!r}, and no TTL of {which} deletes by it",
                f"add TimeToLiveSpecification: {{AttributeName: {attribute}, Enabled: true}}",
            )


def variables(project: Project) -> Iterator[Problem]:
    """A module that reads a table's variable when it is imported is one of functions that have it."""
    lacking: dict[ReadVariable, list[str]] = {}
    reasons: dict[ReadVariable, str] = {}
    find = cache(find_module)
    for function in project.api.functions.values():
        for found in read_variables(project, function, find):
            reason = missing_table(function, found.name, project.resources.tables)
            if reason and found.name not in function.environment:
                lacking.setdefault(found, []).append(function.name)
                reasons.setdefault(found, reason)
    for found, names in lacking.items():
        _, _, hint = reasons[found].partition(": ")
        yield Problem(
            f"{', '.join(names)} {'read' if len(names) > 1 else 'reads'} {found.name} at the start, "
            f"and {'have' if len(names) > 1 else 'has'} no access to its table: every request fails",
            found.file,
            found.line,
            f"{hint}; or read it where it is needed",
            "warning",
        )


def read_variables(project: Project, function: Function, find: FindModule) -> Iterator[ReadVariable]:
    """Yield the variables without which a function's modules can't be imported."""
    root = function.code.root if function.code is not None else project.root
    for module in imported_modules(root, function.handler, is_started=True, find=find):
        for name, line in (found for node in run_by_import(module.tree) for found in _variables(node)):
            yield ReadVariable(name, _name_of(module.file, project.root), line)


def ttl_attribute(table: Table) -> str | None:
    """Return the attribute by which a table's items expire, None if they do not."""
    specification = table.properties.get("TimeToLiveSpecification")
    if not isinstance(specification, Mapping) or str(specification.get("Enabled")).lower() != "true":
        return None
    return str(specification.get("AttributeName"))


def _written_tables(project: Project, function: Function) -> dict[str, Table]:
    access = {place.partition("/")[0] for place, actions in function.access.items() if _WRITES & set(actions)}
    return {name: project.resources.tables[name] for name in sorted(access) if name in project.resources.tables}


def _property_names(document: Any) -> frozenset[str]:
    """Return the names of all properties of the document's schemas."""
    names: set[str] = set()
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            properties = value.get("properties")
            names.update(map(str, properties) if isinstance(properties, Mapping) else ())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return frozenset(names)


def written_expiries(project: Project, function: Function, find: FindModule) -> Iterator[WrittenExpiry]:
    """Yield the expiries that a function's modules write, those that it imports from its own code included."""
    root = function.code.root if function.code is not None else project.root
    for module in imported_modules(root, function.handler, find=find):
        for attribute, line in _expiries(module.tree):
            yield WrittenExpiry(attribute, _name_of(module.file, project.root), line)


def _name_of(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def is_expiry(attribute: str) -> bool:
    """Return whether an attribute's name is that of an expiry: ``expiresAt``, ``ttl``. ``Expires`` is a header."""
    return attribute != "Expires" and _EXPIRY.fullmatch(re.sub(r"[_-]", "", attribute).lower()) is not None


def _attributes(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the names that a statement writes: keys of maps, names of expressions, and what SET assigns."""
    match node:
        case ast.Dict(keys, values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, key.lineno
                    if key.value.startswith("#") and isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value, value.lineno
        case ast.Assign(targets):
            for target in targets:
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    yield str(target.slice.value), target.lineno
        case ast.Constant(str() as text) if "SET " in text:
            for name in _ASSIGNED.findall(text):
                yield name, node.lineno


@lru_cache(1024)
def _expiries(tree: ast.Module) -> tuple[tuple[str, int], ...]:
    """Return the expiries that a module writes, with their lines."""
    return tuple(found for node in ast.walk(tree) for found in _attributes(node) if is_expiry(found[0]))


def _variables(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the variable that ``os.environ["NAME"]`` or ``environ["NAME"]`` reads."""
    match node:
        case ast.Subscript(
            ast.Attribute(ast.Name("os"), "environ") | ast.Name("environ"), ast.Constant(str() as name), ast.Load()
        ):
            yield name, node.lineno
