"""The data source ``aws_iam_policy_document`` as the policy that it writes.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from homeport.project.model import Source
from homeport.project.terraform.configuration.views import View
from homeport.project.terraform.evaluation.values import DocumentText, EvaluationError, StandInText, as_text
from homeport.project.terraform.lines import ValueLines

_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}


def policy_document(view: View, lines: ValueLines) -> dict[str, Any]:
    """Return the policy, each statement with its line. Raises EvaluationError."""
    statements: list[Any] = []
    for text in _texts(view, "source_policy_documents", "source_json"):
        statements += _statements_of(text)
    own = [_statement(each, lines) for each in view.views("statement")]
    statements = _merge_statements(statements, own)
    for text in _texts(view, "override_policy_documents", "override_json"):
        statements = _merge_statements(statements, _statements_of(text))
    document: dict[str, Any] = {"Version": view.get("version") or "2012-10-17", "Statement": statements}
    if view.has("policy_id"):
        document["Id"] = view.get("policy_id")
    return lines.place_map(document, view.source, {})


def _texts(view: View, *names: str) -> Iterator[Any]:
    for name in names:
        found = view.get(name)
        yield from found if isinstance(found, list) else ([found] if found else [])


def _statements_of(text: Any) -> list[Any]:
    if isinstance(text, StandInText) or not text:
        return []
    try:
        document = text.document if isinstance(text, DocumentText) else json.loads(as_text(text))
    except ValueError as error:
        raise EvaluationError(f"the policy is not JSON: {error}") from error
    found = document.get("Statement") if isinstance(document, dict) else None
    return found if isinstance(found, list) else [found] if found else []


def _merge_statements(statements: list[Any], more: list[Any]) -> list[Any]:
    """Return both, those of the same Sid once."""
    sids = {each.get("Sid") for each in more if isinstance(each, dict) and each.get("Sid")}
    return [*(each for each in statements if not (isinstance(each, dict) and each.get("Sid") in sids)), *more]


def _statement(view: View, lines: ValueLines) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": view.get("effect") or "Allow"}
    sources: dict[str, Source] = {}
    if view.get("sid"):
        made["Sid"] = view.get("sid")
    for name, key in _LISTS.items():
        if view.get(name) is not None:
            found = view.get(name)
            made[key] = list(found) if isinstance(found, list) else [found]
            sources[key] = view.place(name)
    for name, key in _PRINCIPALS.items():
        principals = view.views(name)
        if principals:
            made[key] = _principal(principals)
            sources[key] = view.place(name)
    conditions: dict[str, dict[str, Any]] = {}
    for condition in view.views("condition"):
        operator = conditions.setdefault(as_text(condition.get("test")), {})
        operator.setdefault(as_text(condition.get("variable")), []).extend(condition.get("values") or [])
    if conditions:
        made["Condition"] = conditions
        sources["Condition"] = view.place("condition")
    return lines.place_map(made, view.source, sources)


def _principal(views: list[View]) -> Any:
    made: dict[str, list[Any]] = {}
    for view in views:
        made.setdefault(as_text(view.get("type")), []).extend(view.get("identifiers") or [])
    return "*" if made.get("*") == ["*"] else made
