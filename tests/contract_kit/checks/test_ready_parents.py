"""What is below another resource is made once that one is ready: a quiz that has a question and is published."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.prerequisite_steps import find_prerequisites
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.values import Values
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, objects, takes

QUIZ = objects("id", id=TEXT, title=TEXT, state={"type": "string", "enum": ["draft", "published"]})
ATTEMPT = objects("attemptId", attemptId=TEXT, player=TEXT)
PATHS = {
    "/quizzes": {
        "get": answers({"type": "array", "items": QUIZ}),
        "post": takes(objects("title", title=TEXT), answers(QUIZ, "201")),
    },
    "/quizzes/{id}": {"get": answers(QUIZ), "delete": {"responses": {"204": {"description": "Deleted."}}}},
    "/quizzes/{id}/publish": {"post": answers(QUIZ)},
    "/quizzes/{id}/questions": {"post": takes(objects("text", text=TEXT), answers(QUIZ, "201"))},
    "/quizzes/{id}/questions/{questionId}": {"delete": {"responses": {"204": {"description": "Removed."}}}},
    "/quizzes/{id}/attempts": {"post": takes(objects("player", player=TEXT), answers(ATTEMPT, "201"))},
    "/quizzes/{id}/attempts/{attemptId}": {"get": answers(ATTEMPT)},
}


class Quizzes(AnsweringServer):
    """Quizzes that are published with a question, and taken once they are. ``deleted`` are the ids of those gone."""

    def __init__(self) -> None:
        self.quizzes: dict[str, dict[str, Any]] = {}
        self.questions: dict[str, list[Any]] = {}
        self.attempts: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        self.is_open = True
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path == ["quizzes"]:
            return self._all_quizzes(method, body)
        quiz = self.quizzes.get(path[1])
        if quiz is None:
            return 404, {"detail": "no such quiz"}
        match method, path[2:]:
            case "DELETE", []:
                self.deleted.append(path[1])
                del self.quizzes[path[1]]
                return 204, None
            case "POST", ["questions"]:
                self.questions[path[1]].append(body)
                return 201, quiz
            case "POST", ["publish"]:
                if not self.questions[path[1]]:
                    return 409, {"detail": "a quiz without questions can't be published"}
                quiz["state"] = "published"
            case "POST", ["attempts"]:
                if quiz["state"] != "published" or not self.is_open:
                    return 409, {"detail": "the quiz is not published"}
                id_ = f"a{len(self.attempts)}"
                self.attempts[id_] = {"attemptId": id_, **body}
                return 201, self.attempts[id_]
            case "GET", ["attempts", id_]:
                return 200, self.attempts[id_]
        return 200, quiz

    def _all_quizzes(self, method: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, list(self.quizzes.values())
        id_ = f"q{len(self.quizzes) + len(self.deleted)}"
        self.quizzes[id_] = {"id": id_, "title": body["title"], "state": "draft"}
        self.questions[id_] = []
        return 201, self.quizzes[id_]


@pytest.fixture
def quizzes() -> Any:
    """Yield the API."""
    api = Quizzes()
    with api.serving():
        yield api


@pytest.fixture
def session(tmp_path: Path, quizzes: Quizzes) -> Session:
    """Return a check's session with the API."""
    document, generator = {"paths": PATHS}, random.Random(1)
    model = infer_model(api_of(document))
    return Session(book_project(tmp_path), model, Client(quizzes.url), generator, Values(document, generator))


def resource_of(session: Session, end: str) -> Resource:
    """Return the resource whose name ends so."""
    (found,) = [one for one in session.model.resources if one.name.endswith(end)]
    return found


def test_parent_has_an_entry_and_an_action_before_it_takes_what_is_below(session: Session) -> None:
    attempts = resource_of(session, "attempts")
    made = session.make_rich(attempts)
    assert made is not None
    assert session.make_rich(attempts) is not None, "the way is known"


def test_entry_below_is_a_step_to_an_action(session: Session) -> None:
    resource = resource_of(session, "quizzes")
    (publish,) = [one for one in resource.actions if one.path.endswith("publish")]
    assert [one.operation.path.rpartition("/")[2] for one in find_prerequisites(session, resource, publish)] == [
        "questions"
    ]


def test_the_parent_of_a_resource_is_not_deleted_to_make_room(session: Session, quizzes: Quizzes) -> None:
    quizzes.is_open = False
    assert session.make_rich(resource_of(session, "attempts")) is None
    assert not quizzes.deleted
