"""The shim between the server and the pipeline: a reply goes out first, then it is told of."""

from __future__ import annotations

from homeport.gateway.app import create_app
from homeport.gateway.http.message import Reply, Request
from tests.support.gateway import make_request


def test_a_reply_is_passed_on_as_it_stands_and_told_of_when_the_server_is_done() -> None:
    told: list[str] = []
    asked: list[Request] = []
    started: list[object] = []

    def handle(request: Request) -> Reply:
        asked.append(request)
        return Reply(418, (("x-b", "1"), ("X-A", "2"), ("x-b", "3")), b"tea")

    app = create_app(handle, lambda: told.append("sent"))
    request = make_request(target="/a%20b")
    answer = app.wsgi_app({"homeport.request": request}, lambda status, headers: started.append((status, headers)))
    assert started == [("418 I'm a Teapot", [("x-b", "1"), ("X-A", "2"), ("x-b", "3")])]
    assert (list(answer), told, asked) == ([b"tea"], [], [request])
    answer.close()
    assert told == ["sent"]
