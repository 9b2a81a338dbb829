"""Findings of places in a document. Pure."""

from __future__ import annotations

from typing import Any

from homeport.contract.document.places import DocumentMap, SpecPath
from homeport.contract.finding import Finding, Severity
from homeport.project.source.cursor import describe

KIND = "document"
_LONGEST_VALUE = 80


def finding_at(
    document: DocumentMap,
    path: SpecPath,
    check: str,
    promise: str,
    happened: str,
    origin: str,
    *,
    operation: str = "",
    severity: Severity = "error",
    hint: str = "",
    subject: str = "",
) -> Finding:
    """Return a finding of the value at ``path``, which is its ``subject``: lines that are added above do not count."""
    return Finding(
        check=check,
        kind=KIND,
        operation=operation,
        promise=promise,
        origin=origin,
        happened=f"{happened} ({hint})" if hint else happened,
        source=document.document.source(path),
        subject=subject or pointer_of(path),
        severity=severity,
    )


def pointer_of(path: SpecPath) -> str:
    """Return a place as a JSON pointer: https://datatracker.ietf.org/doc/html/rfc6901."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)


def show(value: Any) -> str:
    """Return a value as a message has it."""
    if isinstance(value, dict | list):
        return describe(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
