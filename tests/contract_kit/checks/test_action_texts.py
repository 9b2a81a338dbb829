"""A text that an action takes is read as its answer showed it, also where it is longer than a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.round_trip import reads
from homeport.contract.checks.runner import CheckOptions, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, objects, takes

_TASK = objects("taskId", "closing", taskId=TEXT, title=TEXT, closing={**objects("reason", reason=TEXT)})
_REASON = {"type": "string", "minLength": 1, "maxLength": 300}
_PATHS = {
    "/tasks": {"post": takes(objects("title", title=TEXT), answers(_TASK, "201"))},
    "/tasks/{taskId}": {"get": answers(_TASK)},
    "/tasks/{taskId}/close": {"post": takes(objects("reason", reason=_REASON), answers(_TASK))},
}


class Tasks(AnsweringServer):
    """Tasks that are closed for a reason."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        match method, path:
            case "POST", ["tasks"]:
                id_ = f"t{len(self.tasks)}"
                self.tasks[id_] = {"taskId": id_, "closing": {}, **body}
                return 201, self.tasks[id_]
            case "POST", ["tasks", id_, "close"]:
                self.tasks[id_]["closing"] = {"reason": self.stored(body["reason"])}
                return 200, {**self.tasks[id_], "closing": body}
        return 200, self.tasks[path[1]]

    def stored(self, reason: str) -> str:
        """Return a reason as it is kept."""
        return reason


class CutsReasons(Tasks):
    def stored(self, reason: str) -> str:
        return reason[:20]


@pytest.mark.parametrize(("api", "found"), [(Tasks, []), (CutsReasons, [("read-equals-write", "/closing")])])
def test_reason_that_the_store_cuts_is_found(tmp_path: Path, api: type[Tasks], found: list[tuple[str, str]]) -> None:
    served = api()
    document = {"paths": _PATHS}
    with served.serving():
        project, model = book_project(tmp_path), infer_model(api_of(document))
        results = run_checks(project, model, [Client(served.url)], CheckOptions(1), checks=reads.CHECKS)
    assert results.crashes == []
    assert [(one.check, one.subject) for one in results.findings] == found
