"""Bodies of writes that certainly change a resource."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from homeport.contract.checks.changes import changed_body
from homeport.contract.checks.client import Client
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.values import Values
from tests.support.rest_document import book_document, book_project


def test_action_has_other_choices_than_the_resource_shows_and_no_day_that_it_need_not_have(tmp_path: Path) -> None:
    document = book_document()
    shelf = {"type": "string", "enum": ["open", "lent", "lost"]}
    day = {"type": "string", "format": "date", "example": "2026-03-01"}
    properties = {"shelf": shelf, "since": day, "until": day}
    body = {"type": "object", "required": ["shelf", "until"], "properties": properties}
    lend = document["paths"]["/books/{bookId}/lend"]["post"]
    lend["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    project = book_project(tmp_path, document)
    model = infer_model(project.api)
    generator = random.Random(1)
    session = Session(project, model, Client("http://127.0.0.1:1"), generator, Values(model.document, generator))
    (books,) = model.resources
    (action,) = books.actions

    def body_for(shown: str) -> Any:
        return changed_body(session, books, action, {"shelf": shown}, {"bookId": "1"})

    assert set(body_for("open")) == {"shelf", "until"}
    assert [body_for(shown)["shelf"] == shown for shown in ("open", "lent", "lost")] == [False] * 3
