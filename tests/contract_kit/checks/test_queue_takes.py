"""Of two requests at once that take the next job of a queue, one gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.concurrency import queue_takes
from homeport.contract.rest.infer import infer_model
from tests.support.held_books import HeldBooks, run_on_held_books
from tests.support.rest_api import BookReply, BookRequest, Refused
from tests.support.rest_document import book_project

_ID = {"type": "string", "pattern": "^[a-z]+[0-9]+$"}
_QUEUE = {"type": "object", "required": ["queueId"], "properties": {"queueId": _ID}}
_JOB = {"type": "object", "required": ["jobId", "state"], "properties": {"jobId": _ID, "state": {"type": "string"}}}


class Jobs(HeldBooks):
    """Queues of jobs, of which each is taken once."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, list[dict[str, Any]]] = {}

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "POST", ("queues",):
                self.jobs[f"q{len(self.jobs)}"] = []
                return BookReply(201, {"queueId": f"q{len(self.jobs) - 1}"})
            case "GET", ("queues", queue) if queue in self.jobs:
                return BookReply(200, {"queueId": queue})
            case "POST", ("queues", queue, "jobs") if queue in self.jobs:
                self.jobs[queue].append({"jobId": f"job{len(self.jobs[queue])}", "state": "new"})
                return BookReply(202, dict(self.jobs[queue][-1]))
            case "GET", ("queues", queue, "jobs") if queue in self.jobs:
                return BookReply(200, {"jobs": self.jobs[queue]})
            case "POST", ("queues", queue, "jobs", "next") if queue in self.jobs:
                return self.take(queue)
        raise Refused(404, "none")

    def take(self, queue: str) -> BookReply:
        """Take the oldest job that is new."""
        self.holds.take("Query")
        job = next((one for one in self.jobs[queue] if one["state"] == "new"), None)
        if job is None:
            return BookReply(204)
        self.holds.take("UpdateItem")
        with self.lock:
            if not self.may_take(job):
                return BookReply(204)
            job["state"] = "taken"
            return BookReply(200, dict(job))

    def may_take(self, job: dict[str, Any]) -> bool:
        """Return whether nobody has taken a job."""
        return bool(job["state"] == "new")


class TakesNewest(Jobs):
    """The job that came last is taken first."""

    def take(self, queue: str) -> BookReply:
        self.jobs[queue].reverse()
        try:
            return super().take(queue)
        finally:
            self.jobs[queue].reverse()


class GivesTwice(Jobs):
    """A job that is given to everybody who saw that it was new."""

    def may_take(self, job: dict[str, Any]) -> bool:
        return True


def jobs_document() -> dict[str, Any]:
    """Return the document of queues."""

    def answers(id_: str, status: str, schema: Any, **more: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return {"operationId": id_, "responses": {status: {"description": ".", "content": content}, **more}}

    at = {"parameters": [{"name": "queueId", "in": "path", "required": True, "schema": _ID}]}
    listed = {"type": "object", "properties": {"jobs": {"type": "array", "items": _JOB}}}
    paths: dict[str, dict[str, Any]] = {
        "/queues": {"post": answers("makeQueue", "201", _QUEUE)},
        "/queues/{queueId}": {**at, "get": answers("getQueue", "200", _QUEUE)},
        "/queues/{queueId}/jobs": {**at, "post": answers("addJob", "202", _JOB), "get": answers("jobs", "200", listed)},
        "/queues/{queueId}/jobs/next": {
            **at,
            "post": {
                "summary": "Take the oldest job that waits",
                **answers("takeJob", "200", _JOB, **{"204": {"description": "None."}}),
            },
        },
    }
    for operations in paths.values():
        for one in operations.values():
            if isinstance(one, dict):
                one["x-homeport"] = {"access": {}}
    return {"openapi": "3.0.3", "info": {"title": "Jobs", "version": "1"}, "paths": paths}


def test_an_operation_that_takes_what_waits_is_known(tmp_path: Path) -> None:
    model = infer_model(book_project(tmp_path, jobs_document()).api)
    jobs = model.find("jobs")
    assert jobs is not None
    assert [one.id for one in queue_takes.takers_of(jobs, model)] == ["takeJob"]


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (Jobs, []),
        (GivesTwice, [("one-takes-what-waits", "POST /queues/{queueId}/jobs/next")]),
        (TakesNewest, [("oldest-is-taken-first", "POST /queues/{queueId}/jobs/next")]),
    ],
)
def test_a_job_that_two_get_or_that_is_not_the_oldest_is_found(
    tmp_path: Path, api: type[Jobs], found: list[tuple[str, str]]
) -> None:
    results = run_on_held_books(book_project(tmp_path, jobs_document()), api(), queue_takes.CHECKS)
    assert results.crashes == []
    assert [(one.check, one.operation) for one in results.findings] == found
