"""One API, written in every format, answers alike in each: the same calls go to both, as in `homeport parity`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.contract.http_exchange import HttpExchange, send_exchange
from homeport.contract.replay import compare_urls
from homeport.http_headers import HttpHeaders

SAME_API = Path(__file__).with_name("same_api")
OTHERS = sorted(folder.name for folder in SAME_API.iterdir() if folder.is_dir() and folder.name not in ("code", "own"))

# The other parts of a preflight's answer are different words for the same in each tool.
_WHO_MAY_CALL = "access-control-allow-origin"


@contextmanager
def running(format_name: str, folder: Path) -> Iterator[Stack]:
    """Run the API of a format in a folder of its own."""
    project = folder / format_name
    shutil.copytree(SAME_API / format_name, project)
    shutil.copytree(SAME_API / "code", project / "code", dirs_exist_ok=True)
    with running_stack(project) as stack:
        yield stack


def calls(url: str) -> list[HttpExchange]:
    """Make calls of every route, right and wrong ones, and return them with their answers."""
    made: list[HttpExchange] = []

    def call(method: str, path: str, body: Any = None, headers: HttpHeaders = ()) -> Any:
        sent = b"" if body is None else json.dumps(body).encode()
        typed = (*headers, *((("Content-Type", "application/json"),) if sent else ()))
        made.append(send_exchange(HttpExchange(method, path, typed, sent), url))
        return json.loads(made[-1].reply_body or "null")

    preflight = (("Origin", "https://notes.example"), ("Access-Control-Request-Method", "DELETE"))
    first, second = (call("POST", "/notes", {"text": text})["noteId"] for text in ("one", "two"))
    call("GET", "/notes")
    call("GET", f"/notes/{first}")
    call("GET", "/notes/nothing")
    call("OPTIONS", f"/notes/{first}", headers=preflight)
    call("DELETE", f"/notes/{first}")
    call("DELETE", f"/notes/{first}", headers=(("Authorization", "of-a-stranger"),))
    call("DELETE", f"/notes/{first}", headers=(("Authorization", "let-me-in"),))
    call("GET", f"/notes/{first}")
    call("GET", f"/notes/{second}", headers=(("Origin", "https://notes.example"),))
    call("PUT", f"/notes/{second}", {"text": "changed"})
    call("GET", "/nowhere")
    call("DELETE", f"/notes/{second}", headers=(("Authorization", "let-me-in"),))
    return made


@pytest.mark.stack
def test_every_format_of_one_api_answers_as_the_own_shape(tmp_path: Path) -> None:
    with running("own", tmp_path) as own:
        recorded = calls(own.url)
        statuses = [each.status for each in recorded]
        assert statuses == [201, 201, 200, 200, 404, 200, 401, 403, 200, 404, 200, 403, 403, 200]
        for name in OTHERS:
            with running(name, tmp_path) as other:
                found = compare_urls(recorded, own.url, other.url)
                differences = [each for each in found if each.method != "OPTIONS" or each.place == _WHO_MAY_CALL]
                assert differences == [], f"{name}: {differences}\n{other.read_output()}"
