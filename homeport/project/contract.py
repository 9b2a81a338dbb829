"""The owner's OpenAPI document as the contract of a template's API (``--openapi FILE``), and what the two differ in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from homeport.errors import Problem
from homeport.project.model import Api, Operation
from homeport.project.openapi.request_and_responses import read_body, read_parameters, read_responses
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

if TYPE_CHECKING:
    from homeport.project.project import Project

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_VARIABLE = re.compile(r"\{[^}]*\}")
_GREEDY = re.compile(r"\{[^}]*\+\}")


def with_contract(project: Project, contract: Document) -> Project:
    """Return the project with the document as the contract of the API that has most of its routes."""
    routes = list(_routes(contract))

    def count_shared(each: Project) -> int:
        return sum(any(_serves(one, *route) for one in each.api.operations) for route in routes)

    best = max(project.every_api, key=count_shared)
    found = [replace(each, contract=contract, other_apis=()) if each is best else each for each in project.every_api]
    return replace(found[0], other_apis=tuple(found[1:]))


def contract_api(project: Project) -> Api:
    """Return the API as its contract documents it: each documented route, with the integration that serves it.

    It is the project's own where there is no other contract, or where no route of the contract is served.
    """
    if project.contract is None:
        return project.api
    paths = Cursor.root(project.contract, Diagnostics()).map("paths")
    operations = []
    for method, path in _routes(project.contract):
        serving = [one for one in project.api.operations if _serves(one, method, path)]
        item = paths.at(path).target_map()
        if serving and item is not None:
            best = max(serving, key=lambda one: (one.path == path, one.path.count("{") - 2 * one.path.count("+}")))
            operations.append(_with_document(best, method, path, item))
    return replace(project.api, operations=tuple(operations), document=project.contract.value)


def _with_document(operation: Operation, method: str, path: str, item: Cursor) -> Operation:
    cursor = item.at(method.lower())
    return replace(
        operation,
        id=cursor.text("operationId") or f"{method} {path}",
        method=method,
        path=path,
        parameters=read_parameters(item, cursor),
        body=read_body(cursor),
        responses=read_responses(cursor),
        summary=cursor.text("summary"),
        source=cursor.source,
    )


def contract_problems(project: Project) -> Iterator[Problem]:
    """Every route of the contract is one of the API's, as protected as it says, and every route of the API is in it."""
    for each in project.every_api:
        if each.contract is None:
            continue
        routes = list(_routes(each.contract))
        for method, path in routes:
            if not any(_serves(operation, method, path) for operation in each.api.operations):
                api = each.api.name or project.template
                yield each.contract.at("paths", path, method.lower()).warning(
                    f"{method} {path} is in the document, and no route of {api} serves it",
                    "add an event for it to the template, or take it out here",
                )
        yield from _protection_problems(each, each.contract, routes)
        for operation in each.api.operations:
            if operation.method != "OPTIONS" and not any(_serves(operation, *route) for route in routes):
                yield each.operation_at(operation).warning(
                    f"{operation.route_key} is not in {each.contract.file}",
                    "describe it there: the contract tests leave it out",
                )


def _protection_problems(project: Project, contract: Document, routes: list[tuple[str, str]]) -> Iterator[Problem]:
    """Yield a warning for each route that either the document or the template protects, but not both."""
    whole = contract.value.get("security")
    # A document without schemes says nothing of protection.
    speaks = bool(whole) or contract.find(("components", "securitySchemes")) is not None
    for method, path in routes if speaks else ():
        serving = [one for one in project.api.operations if _serves(one, method, path)]
        protected = {bool(one.security or one.api_key_required or one.iam or one.denied) for one in serving}
        operation = contract.value["paths"][path][method.lower()]
        asked = operation.get("security", whole) if isinstance(operation, dict) else whole
        # An empty requirement makes the others optional.
        asks = bool(asked) and {} not in asked
        if protected == {not asks}:
            said, done = ("protects", "leaves it open") if asks else ("leaves", "protects it")
            yield contract.at("paths", path, method.lower()).warning(
                f"the document {said} {method} {path}{'' if asks else ' open'}, and the template {done}",
                "the template is what is served",
            )


def _routes(contract: Document) -> Iterator[tuple[str, str]]:
    paths = contract.value.get("paths") if isinstance(contract.value, dict) else None
    for path, item in (paths or {}).items():
        yield from ((method.upper(), path) for method in _METHODS if isinstance(item, dict) and method in item)


def _serves(operation: Operation, method: str, path: str) -> bool:
    """Return whether requests of a route of the contract come to an operation."""
    if operation.path == "/$default":
        return True
    if operation.method not in (method, "ANY"):
        return False
    pieces = [re.escape(_VARIABLE.sub("{}", piece)) for piece in _GREEDY.split(operation.path)]
    return re.fullmatch(".+".join(pieces), _VARIABLE.sub("{}", path).rstrip("/") or "/") is not None or (
        operation.path.rstrip("/") == path.rstrip("/")
    )
