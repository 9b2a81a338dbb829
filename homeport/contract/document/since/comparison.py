"""The comparison of two documents, and its findings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeport.contract.document.finding_at import KIND
from homeport.contract.document.places import DocumentMap, OperationPlace, map_document
from homeport.contract.document.since.change import DocumentChange, Versions
from homeport.contract.document.since.operations import OperationComparison, path_shape
from homeport.contract.document.since.schema_changes import SchemaComparison
from homeport.contract.finding import Finding
from homeport.project.source.document import Document

CHECK = "compatible-since"


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """The changes of a document since a revision."""

    revision: str
    changes: tuple[DocumentChange, ...]

    @property
    def compatible(self) -> tuple[DocumentChange, ...]:
        """The changes that no client notices."""
        return tuple(change for change in self.changes if change.effect == "compatible")

    def findings(self) -> tuple[Finding, ...]:
        """Return the other changes: an error breaks clients, a warning some of them."""
        return tuple(self._finding(change) for change in self.changes if change.effect != "compatible")

    def _finding(self, change: DocumentChange) -> Finding:
        before, now = (f"{source.file}:{source.line}" for source in (change.before, change.now))
        return Finding(
            check=CHECK,
            kind=KIND,
            operation=change.operation,
            promise=f"A client of {self.revision} can use the API of now",
            origin=f"the document at {self.revision}",
            happened=f"{change.says} ({before} at {self.revision}, {now} now)",
            source=change.now,
            subject=change.subject,
            severity="error" if change.effect == "breaking" else "warning",
        )


def compare_documents(before: Document, now: Document, revision: str) -> ChangesSince:
    """Return the changes from one OpenAPI 3.0 document to another."""
    versions = Versions(map_document(before), map_document(now))
    return ChangesSince(revision, tuple(_once(_changes(versions))))


def _once(changes: Iterable[DocumentChange]) -> Iterator[DocumentChange]:
    seen: set[tuple[str, str]] = set()
    for change in changes:
        if (change.operation, change.subject) not in seen:
            seen.add((change.operation, change.subject))
            yield change


def _changes(versions: Versions) -> Iterator[DocumentChange]:
    old, new = _by_route(versions.before), _by_route(versions.now)
    schemas = SchemaComparison(versions)
    for route, operation in old.items():
        same = new.get(route)
        if same is not None:
            yield from OperationComparison(versions, schemas, operation, same).changes()
        else:
            yield _gone(versions, operation, new, old)
    for route, operation in new.items():
        if route not in old:
            yield versions.change("compatible", operation.label, "the operation is new", ("paths",), operation.path)


def _by_route(document: DocumentMap) -> dict[tuple[str, str], OperationPlace]:
    return {(operation.method, path_shape(operation.template)): operation for operation in document.operations}


def _gone(
    versions: Versions,
    operation: OperationPlace,
    new: dict[tuple[str, str], OperationPlace],
    old: dict[tuple[str, str], OperationPlace],
) -> DocumentChange:
    """Return the change of an operation that the document no longer has."""
    catching = next((each for each in new.values() if _catches(each, operation)), None)
    if catching is not None:
        says = f"the operation is gone, and {catching.label} gets its requests"
        return versions.change("risky", operation.label, says, operation.path, catching.path)
    shape = path_shape(operation.template)
    says = "the operation is gone" if any(path == shape for _, path in new) else "the path is gone"
    moved = next((each for each in new.values() if each.id and each.id == operation.id), None)
    # An operationId that stood elsewhere before is of another operation.
    if moved is not None and not any(each.label == moved.label for each in old.values()):
        says = f"{says}, and its operationId is {moved.label} now"
    near = next((key for key in (("paths", operation.template), ("paths",)) if versions.now.get(key) is not None), ())
    return versions.change("breaking", operation.label, says, operation.path, near)


def _catches(route: OperationPlace, gone: OperationPlace) -> bool:
    """Return whether a route that takes any method, or any path below its own, gets an operation's requests."""
    if route.method not in ("ANY", gone.method) or (route.method != "ANY" and "+}" not in route.template):
        return False
    if route.template == "/$default":
        return True
    pattern = re.escape(path_shape(route.template)).replace(re.escape("{+}"), ".+").replace(re.escape("{}"), "[^/]+")
    return re.fullmatch(pattern, path_shape(gone.template)) is not None
