"""The measurement of what a contract case costs: each side by the cases that it made."""

from __future__ import annotations

from typing import Any

from bench.contract import one_round
from bench.instant import app


def test_a_round_measures_each_side_by_the_cases_that_it_made() -> None:
    found = one_round(max_examples=1)
    assert min(found.kit.cases, found.bare.cases) > 50
    assert found.ratio == (found.kit.used / found.kit.cases) / (found.bare.used / found.bare.cases)
    assert 0 < found.bare.used < found.bare.passed * 2
    assert 0 < found.kit.used < found.kit.passed * 2


def answered(made: Any, target: str, **environ: str) -> tuple[str, bytes]:
    class Empty:
        def read(self) -> bytes:
            return b""

    told: list[str] = []
    start = {"REQUEST_METHOD": "GET", "REQUEST_URI": target, "wsgi.input": Empty(), **environ}
    body = b"".join(made(start, lambda status, headers: told.append(status)))
    return told[0], body


def test_the_instant_app_gives_each_answer_in_turn_and_the_last_for_ever() -> None:
    same = {"method": "GET", "target": "items", "request": "", "headers": []}
    made = app([{**same, "status": 200, "body": b"a".hex()}, {**same, "status": 299, "body": b"b".hex()}])
    assert [answered(made, "/items") for _ in range(3)] == [
        ("200 OK", b"a"),
        ("299 Status", b"b"),
        ("299 Status", b"b"),
    ]
    assert answered(made, "/x")[0] == "404 Not Found"
    assert answered(made, "/x", HTTP_X_SCHEMATHESIS_PROBE_NULL="\0")[0] == "400 Bad Request"
