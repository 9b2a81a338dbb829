"""The Python text of a new operation's contract test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from homeport.scaffold.entry import body_property
from homeport.scaffold.keys import Target
from homeport.scaffold.operation import Wanted


def contract_test_text(wanted: Wanted, used: Sequence[Target], *, secured: bool) -> str:
    """A module of ``tests/contract`` that calls the operation once, on the fixture ``api``."""
    return f'''"""{wanted.method} {wanted.path}."""

from __future__ import annotations

import requests


def test_{wanted.module}_{"asks_who_calls" if secured else "answers"}(api: str) -> None:
    reply = requests.{wanted.method.lower()}({", ".join(_arguments(wanted, used))})
    assert reply.status_code {"in (401, 403)" if secured else f"== {_expected(wanted, used)}"}, reply.text
'''


def _expected(wanted: Wanted, used: Sequence[Target]) -> int:
    reads = any("GetItem" in target.actions for target in used)
    return 404 if wanted.method == "GET" and reads else wanted.status


def _arguments(wanted: Wanted, used: Sequence[Target]) -> Iterator[str]:
    path = wanted.path
    numbers = {key.name for target in used for key in target.key if key.kind == "N"}
    for name in wanted.variables:
        value = "7" if name in numbers else "none-7"
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    yield f'f"{{api}}{path}"' if "{" not in path else repr(path)
    query = {key.name: 7 if key.kind == "N" else "none-7" for t in used for key in t.key if key.place == "query"}
    if query:
        yield f"params={_literal(query)}"
    if wanted.has_body:
        yield f"json={_literal({body_property(used): 'Something'})}"
    yield "timeout=10"


def _literal(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value)
