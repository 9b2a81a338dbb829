"""The checks of a document that need no request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from homeport.contract.document import (
    agreement,
    answers,
    conformance,
    cors,
    examples,
    gateway,
    links,
    observed,
    paths,
    schemas,
    storage,
    sums,
)
from homeport.contract.document.places import DocumentMap, map_document
from homeport.contract.document.since import comparison
from homeport.contract.document.validators import DocumentValidators
from homeport.contract.finding import Finding
from homeport.project.cors import Cors
from homeport.project.project import Project

DOCUMENT_CHECKS = frozenset(
    (
        *(agreement.LIMIT, agreement.SELECTION, agreement.WIDER),
        *(answers.LOCATION, answers.NO_CONTENT, answers.STATUS_PROPERTY, answers.UNREACHABLE),
        *(conformance.SHAPE, conformance.STATUS),
        *(cors.METHODS, cors.REQUEST_HEADERS, cors.RESPONSE_HEADERS),
        *(examples.CHECK, examples.DEFAULT_CHECK),
        *(gateway.BODY_LIMIT, gateway.GATEWAY_STATUSES, gateway.HEADER_LIMIT, gateway.UNAUTHORIZED),
        *(observed.ALWAYS_NULL, observed.PROPERTY),
        *(observed.UNSEEN_PROPERTY, observed.UNSEEN_STATUS, observed.UNSEEN_VALUE),
        *(schemas.ONE_WAY, schemas.UNKNOWN_REQUIRED, schemas.UNSATISFIABLE),
        *(storage.EXPIRY, storage.KEY_TYPE, storage.PROJECTION),
        *(comparison.CHECK, links.CHECK, paths.CHECK, sums.CHECK),
    )
)
"""The names by which the checks of a document are switched off."""


_WRITTEN = frozenset((gateway.GATEWAY_STATUSES, gateway.UNAUTHORIZED, paths.CHECK))
"""The checks of what a person writes into a document. A template's events have no words for it."""


def document_findings(project: Project) -> tuple[Finding, ...]:
    """Return what is wrong in a project's document, errors first, each place once for each check."""
    document = map_document(project.contract or project.documents.spec)
    found = (*findings_of(document, project.api.cors), *storage.check_storage(document, project))
    is_derived = bool(project.template) and project.contract is None
    return sort_findings(each for each in found if not is_derived or each.check not in _WRITTEN)


def findings_of(document: DocumentMap, settings: Cors | None = None) -> Iterator[Finding]:
    """Yield what is wrong in a document; ``settings`` are those of CORS."""
    validators = DocumentValidators(document)
    yield from paths.check_paths(document)
    yield from schemas.check_schemas(document, validators)
    yield from examples.check_examples(document, validators)
    yield from answers.check_answers(document)
    yield from links.check_links(document)
    yield from agreement.check_agreement(document)
    yield from gateway.check_gateway(document)
    yield from cors.check_cors(document, settings)


def sort_findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the errors first, each place once for each check: operations share components."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in found:
        first.setdefault((finding.check, finding.subject), finding)
    return tuple(sorted(first.values(), key=lambda each: each.rank))
