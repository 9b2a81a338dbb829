"""Notes on the mappings of a call, step by step, for the recorder: nothing is noted of a call that nobody records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from homeport.gateway.context import CallTrace, MappingNote
from homeport.http_headers import Header, HttpHeaders

if TYPE_CHECKING:
    from homeport.gateway.integrations.custom.mapper import BackendAnswer, MappedParameters
    from homeport.project.integrations.rest_api import IntegrationResponse

# Characters of a text that are noted.
_LONGEST = 65_536


def note(trace: CallTrace, title: str, pairs: Iterable[Header] = (), text: bytes | str = "") -> None:
    """Note a step, if the call is recorded."""
    if trace.notes is not None:
        written = text if isinstance(text, str) else text.decode("utf-8", "replace")
        trace.notes.mapping.append(MappingNote(title, tuple(pairs), written[:_LONGEST]))


def note_parameters(trace: CallTrace, parameters: MappedParameters) -> None:
    """Note the mapped parameters of a request, if there are any."""
    pairs = [(f"path.{name}", value) for name, value in parameters.path.items()]
    pairs += [(f"querystring.{name}", value) for name, value in parameters.query]
    pairs += [(f"header.{name}", value) for name, value in parameters.headers]
    if pairs:
        note(trace, "mapped parameters", pairs)


def note_overrides(trace: CallTrace, title: str, request: Mapping[str, Any], response: Mapping[str, Any]) -> None:
    """Note the values that templates have set on the context's overrides, if there are any."""
    if trace.notes is None:
        return
    pairs = [*_overrides("requestOverride", request), *_overrides("responseOverride", response)]
    if pairs:
        note(trace, title, pairs)


def note_answer(trace: CallTrace, answer: BackendAnswer) -> None:
    """Note what the backend answered."""
    note(trace, "answer of the backend", answer.headers, answer.body)


def note_choice(trace: CallTrace, selector: str, chosen: IntegrationResponse, all_patterns: Iterable[str]) -> None:
    """Note the integration response, and why it was chosen."""
    if trace.notes is None:
        return
    shown = selector if len(selector) <= 200 else f"{selector[:200]}…"
    if chosen.pattern:
        why = f"{shown!r} matches the selectionPattern {chosen.pattern}"
    else:
        patterns = [pattern for pattern in all_patterns if pattern]
        why = f"{shown!r} matches no selectionPattern of {', '.join(patterns)}" if patterns else "there is no other one"
        why = f"the default one: {why}"
    note(trace, f"integration response {chosen.status}", text=why)


def note_reply(trace: CallTrace, status: int, headers: HttpHeaders) -> None:
    """Note the method response that the client gets."""
    note(trace, f"method response {status}", headers)


def _overrides(kind: str, values: Mapping[str, Any]) -> Iterable[Header]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{kind}.{name}.{member}", str(each)) for member, each in value.items())
        else:
            yield f"{kind}.{name}", str(value)
