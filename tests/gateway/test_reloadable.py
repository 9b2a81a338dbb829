"""What a request takes up that was saved before it, with functions that are not run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.gateway.http.message import Reply
from homeport.gateway.reloadable import ReloadableProject
from homeport.runtime.api import Invocation
from homeport.runtime.host.pool import Configs
from tests.support.gateway import make_invocation, make_request
from tests.support.logged import Logged
from tests.support.project import SPEC, notes_project, write_files
from tests.support.waiting import wait_until

HANDLER = 'def handler(event, context):\n    return {"statusCode": 200}\n'
GUARDED = (
    SPEC.replace("operationId: getNote", "operationId: getNote\n      security: [{guard: []}]")
    + """
components:
  securitySchemes:
    guard:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authorizer:
        type: request
        identitySource: $request.header.Authorization
        authorizerPayloadFormatVersion: "2.0"
        enableSimpleResponses: true
        authorizerUri: arn:aws:lambda:eu-west-1:000000000000:function:guard/invocations
"""
)


class CountingRuntime:
    """Answers every call, and keeps the configurations that it was given."""

    def __init__(self, configs: Configs) -> None:
        self.configs = [configs]
        self.calls: list[str] = []
        self.outdated = False

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        self.calls.append(function)
        return make_invocation({"isAuthorized": True} if function == "guard" else {"statusCode": 200})

    def replace(self, configs: Configs) -> None:
        self.configs.append(configs)
        self.outdated = False

    def is_outdated(self) -> bool:
        return self.outdated

    def set_faults(self, rules: Mapping[str, Any] | None) -> None:
        """Nothing to inject them into."""

    def close(self) -> None:
        """Nothing to end."""


class Served:
    """A project that is served."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.root = root
        self.runtime = CountingRuntime({})
        self.api = ReloadableProject(root, "local", None, self._make_runtime, **options)

    def _make_runtime(self, configs: Configs, _: Any) -> CountingRuntime:
        self.runtime = CountingRuntime(configs)
        return self.runtime

    def get(self, path: str = "/notes/1") -> Reply:
        request = make_request(target=path, headers=[("Host", "localhost"), ("Authorization", "t")])
        exchange, reply = self.api.handle(request)
        self.api.publish(exchange, reply)
        return reply

    @property
    def replacements(self) -> int:
        return len(self.runtime.configs) - 1


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(notes_project(tmp_path))


def test_functions_are_replaced_before_the_first_request_after_a_save(served: Served) -> None:
    assert (served.get().status, served.replacements) == (200, 0)
    for saves in (1, 2):
        write_files(served.root, {"service/handlers/get_note.py": HANDLER * saves})
        assert (served.get().status, served.replacements) == (200, saves)
    assert (served.get().status, served.replacements) == (200, 2)


def test_the_supervisors_report_of_a_change_that_a_request_took_up_replaces_nothing(served: Served) -> None:
    write_files(served.root, {"service/handlers/get_note.py": HANDLER})
    served.get()
    served.api.reload()
    assert served.replacements == 1


def test_the_supervisors_report_is_taken_up_without_a_request(served: Served) -> None:
    write_files(served.root, {"service/handlers/get_note.py": HANDLER})
    served.api.reload()
    assert served.replacements == 1
    assert (served.get().status, served.replacements) == (200, 1)


def test_a_worker_parent_with_other_packages_replaces_the_functions(served: Served) -> None:
    served.runtime.outdated = True
    served.api.reload()
    assert served.replacements == 1


def test_without_reload_a_save_changes_nothing(tmp_path: Path) -> None:
    served = Served(notes_project(tmp_path), reload=False)
    write_files(served.root, {"service/handlers/get_note.py": HANDLER, "openapi.yaml": "no: api\n"})
    assert (served.get().status, served.replacements) == (200, 0)


def test_a_new_route_is_there_for_the_next_request(served: Served) -> None:
    assert served.get("/words/1").status == 404
    write_files(served.root, {"openapi.yaml": SPEC.replace("/notes/", "/words/")})
    assert (served.get("/words/1").status, served.get().status) == (200, 404)


def test_validators_are_generated_before_the_functions_are_replaced(served: Served) -> None:
    integer = SPEC.replace("schema: {type: string}", "schema: {type: integer}")
    write_files(served.root, {"openapi.yaml": integer})
    served.get()
    before = (served.root / "service/_validators.py").read_text()
    write_files(served.root, {"openapi.yaml": SPEC})
    served.get()
    assert (served.root / "service/_validators.py").read_text() != before


def test_a_broken_document_leaves_the_routes_until_it_is_whole_again(served: Served) -> None:
    write_files(served.root, {"openapi.yaml": "openapi: 3.0.3\npaths: ["})
    assert served.get().status == 200
    write_files(served.root, {"openapi.yaml": SPEC.replace("/notes/", "/words/")})
    assert (served.get("/words/1").status, served.get().status) == (200, 404)


def test_a_handler_that_was_missing_makes_its_route_live(served: Served) -> None:
    added = SPEC + '  /hello:\n    get: {operationId: hello, responses: {"200": {description: Hello.}}}\n'
    write_files(served.root, {"openapi.yaml": added})
    assert served.get("/hello").status == 404
    write_files(served.root, {"service/handlers/hello.py": HANDLER})
    assert served.get("/hello").status == 200


def test_a_saved_authorizer_is_asked_again(tmp_path: Path) -> None:
    write_files(tmp_path, {"service/handlers/guard.py": HANDLER})
    served = Served(notes_project(tmp_path, spec=GUARDED))
    served.get()
    served.get()
    assert served.runtime.calls.count("guard") == 1
    write_files(served.root, {"service/handlers/guard.py": HANDLER * 2})
    served.get()
    assert served.runtime.calls.count("guard") == 2


def test_a_setting_of_the_stage_reaches_the_functions_of_the_next_request(served: Served) -> None:
    write_files(served.root, {"deploy/stages.yaml": "stages: {local: {environment: {COLOUR: blue}}}\n"})
    served.get()
    assert served.runtime.configs[-1]["get-note"].environment["COLOUR"] == "blue"


def test_the_access_log_has_the_format_that_was_saved(served: Served) -> None:
    layout = json.dumps({"stages": {"local": {"accessLog": {"format": "$context.httpMethod $context.status"}}}})
    write_files(served.root, {"deploy/stages.yaml": layout})
    served.get()
    log = served.root / ".homeport/access.log"
    wait_until(log.is_file)
    wait_until(lambda: log.read_text() == "GET 200\n", log.read_text)


class BrokenResponse:
    """A response from which no invocation can be made."""

    payload, error = b"{}", None

    def invocation(self) -> Invocation:
        raise ValueError("cut off")


def test_a_call_that_an_observer_fails_at_costs_no_other_one(served: Served, logged: Logged) -> None:
    exchange, reply = served.api.handle(make_request(target="/notes/1", headers=[("Host", "localhost")]))
    exchange.trace.response, exchange.trace.invocation = BrokenResponse(), None
    served.api.publish(exchange, reply)
    served.get("/notes/2")
    served.api.flush_log()
    log = served.root / ".homeport/access.log"
    wait_until(lambda: log.is_file() and "/notes/{noteId}" in log.read_text(), lambda: str(log.is_file()))
    assert any("an observer failed" in message for message in logged.messages), logged.messages
