"""The operations of an API as the page ``/send`` offers them: by tag or path, with their parameters. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.contract.example_request import first_tag
from homeport.project.model import Api, Operation


@dataclass(frozen=True, slots=True)
class OperationLink:
    """An operation in the list: ``locked`` where it asks for a credential."""

    id: str
    method: str
    path: str
    summary: str
    locked: bool


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """The operations of a tag, or without tags those whose paths begin alike."""

    title: str
    operations: tuple[OperationLink, ...]


def operation_groups(api: Api) -> tuple[OperationGroup, ...]:
    """Return the operations in groups, both in the order of the document."""
    groups: dict[str, list[OperationLink]] = {}
    for operation in api.operations:
        groups.setdefault(_group_of(operation, api), []).append(_link(operation))
    return tuple(OperationGroup(title, tuple(links)) for title, links in groups.items())


def _group_of(operation: Operation, api: Api) -> str:
    first = operation.path.strip("/").partition("/")[0]
    return first_tag(operation, api) or f"/{first}"


def _link(operation: Operation) -> OperationLink:
    return OperationLink(
        id=operation.id,
        method=operation.method,
        path=operation.path,
        summary=operation.summary,
        locked=bool(operation.security or operation.api_key_required or operation.iam or operation.denied),
    )
