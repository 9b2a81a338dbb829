"""The checks of a document that need no request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from homeport.contract.document.answers import check_answers
from homeport.contract.document.cors import check_cors
from homeport.contract.document.examples import check_examples
from homeport.contract.document.gateway import check_gateway
from homeport.contract.document.links import check_links
from homeport.contract.document.paths import check_paths
from homeport.contract.document.places import DocumentMap, map_document
from homeport.contract.document.schemas import check_schemas
from homeport.contract.document.storage import check_storage
from homeport.contract.document.validators import DocumentValidators
from homeport.contract.finding import Finding
from homeport.project.model import Cors
from homeport.project.project import Project


def document_findings(project: Project) -> tuple[Finding, ...]:
    """Return what is wrong in a project's document, errors first, each place once for each check."""
    document = map_document(project.contract or project.documents.spec)
    return sort_findings((*findings_of(document, project.api.cors), *check_storage(document, project)))


def findings_of(document: DocumentMap, cors: Cors | None = None) -> Iterator[Finding]:
    """Yield what is wrong in a document; ``cors`` are the settings in force."""
    validators = DocumentValidators(document)
    yield from check_paths(document)
    yield from check_schemas(document, validators)
    yield from check_examples(document, validators)
    yield from check_answers(document)
    yield from check_links(document)
    yield from check_gateway(document)
    yield from check_cors(document, cors)


_ORDER = {"error": 0, "warning": 1, "note": 2}


def sort_findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the errors first, each place once for each check: operations share components."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in found:
        first.setdefault((finding.check, finding.subject), finding)
    return tuple(sorted(first.values(), key=lambda each: _ORDER[each.severity]))
