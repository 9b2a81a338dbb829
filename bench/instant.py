"""An app that answers at once, from memory, with what was answered to the same request before. Prints its URL.

Started by ``python -m bench.contract``.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from waitress.server import create_server

Answer = tuple[str, list[tuple[str, str]], bytes]
_UNKNOWN: Answer = ("404 Not Found", [("Content-Type", "application/json")], b'{"message":"Not Found"}')
# What API Gateway says to schemathesis' question whether a header may hold NUL.
_REJECTED: Answer = ("400 Bad Request", [], b"")


def main() -> None:
    """Serve until terminated."""
    server = create_server(app(json.loads(Path(sys.argv[1]).read_text())), host="127.0.0.1", port=0)
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


def app(answers: Iterable[dict[str, Any]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application; of several answers to one request each is given once, the last one for ever."""
    known: defaultdict[tuple[str, str, str], deque[Answer]] = defaultdict(deque)
    for one in answers:
        status = f"{one['status']} {_phrase(one['status'])}"
        reply = (status, [tuple(pair) for pair in one["headers"]], bytes.fromhex(one["body"]))
        known[one["method"], one["target"], one["request"]].append(reply)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        target = environ["REQUEST_URI"].removeprefix("/")
        body = environ["wsgi.input"].read().hex()
        waiting = known.get((environ["REQUEST_METHOD"], target, body))
        unknown = _REJECTED if "HTTP_X_SCHEMATHESIS_PROBE_NULL" in environ else _UNKNOWN
        status, headers, content = (waiting.popleft() if len(waiting) > 1 else waiting[0]) if waiting else unknown
        start_response(status, headers)
        return [] if status.startswith(("204", "304")) else [content]

    return answer


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else "Status"


if __name__ == "__main__":
    main()
