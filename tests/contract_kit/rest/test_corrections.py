"""A document corrects what is inferred of it; ``--explain`` prints the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.rest.explain import explain_model
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.resource import Limit, NextPage, Resource, Sort
from homeport.errors import ProjectError
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, arrays, asks, model_of, objects, resource_of, takes
from tests.support.spec import acts, document, load, write_document

NOTE = objects("noteId", "text", noteId=TEXT, text=TEXT, size=WHOLE, number=TEXT, count=WHOLE)


def corrected(where: str = "list", **settings: Any) -> Resource:
    """Return the resource of notes with corrections of its list, its item's path or its PUT."""
    page = objects(rows=arrays(NOTE), others=arrays(NOTE), mark=TEXT)
    query: dict[str, Any] = {"howMany": {**WHOLE, "maximum": 9}, "from": TEXT, "of": TEXT, "size": WHOLE}
    paths: dict[str, Any] = {
        "/notes": {"get": asks(answers(page), **query), "post": takes(NOTE, answers(NOTE, "201"))},
        "/notes/{noteId}": {"get": answers(NOTE), "put": takes(NOTE, answers(NOTE))},
    }
    place = {"list": paths["/notes"]["get"], "path": paths["/notes/{noteId}"], "put": paths["/notes/{noteId}"]["put"]}
    place[where]["x-homeport"] = {"resource": settings}
    return resource_of(paths)


def test_a_list_is_corrected() -> None:
    settings: dict[str, Any] = {
        "items": "rows",
        "limit": "howMany",
        "cursor": {"parameter": "from", "answer": "mark"},
        "filters": {"of": "text"},
        "sort": "-size",
        "eventual": True,
    }
    found = corrected(**settings).listings[0]
    assert found.items == ("rows",)
    assert found.limit == Limit("howMany", None, 9, None)
    assert found.next_page == NextPage("token", "from", ("mark",))
    assert [(one.parameter, one.field) for one in found.filters] == [("of", "text")]
    assert found.sorts == (Sort("size", descending=True),)
    assert found.eventual


def test_parts_that_a_list_has_not_are_taken_away() -> None:
    assert [one.parameter for one in corrected(items="rows").listings[0].filters] == ["size"]
    found = corrected(items="rows", filters="none", limit="none", cursor="none").listings[0]
    assert (found.filters, found.limit, found.next_page) == ((), None, None)


def test_a_path_corrects_its_resource() -> None:
    found = corrected("path", name="memos", id="number", version="count", put="merges", eventual=True)
    assert (found.name, found.id_property, found.version) == ("memos", "number", "count")
    assert found.put_merges
    assert found.eventual


def test_an_operation_is_given_another_role_or_none() -> None:
    paths: dict[str, Any] = {
        "/notes/{noteId}": {"get": answers(NOTE), "put": takes(NOTE, answers(NOTE))},
        "/new-note": {"post": takes(NOTE, answers(NOTE, "201"))},
        "/all-notes": {"get": answers(objects(things=objects(inner=arrays(NOTE))))},
    }
    assert resource_of(paths).create is None
    paths["/new-note"]["post"]["x-homeport"] = {"resource": {"name": "notes", "role": "creates"}}
    paths["/notes/{noteId}"]["put"]["x-homeport"] = {"resource": {"role": "none"}}
    model = model_of(paths)
    assert model.resources[0].create is not None
    assert model.resources[0].create.path == "/new-note"
    assert model.resources[0].replace is None
    assert [f"{one.method} {one.path}" for one in model.others] == ["PUT /notes/{noteId}", "GET /all-notes"]


def test_resources_of_one_name_are_one() -> None:
    paths: dict[str, Any] = {
        "/notes/{noteId}": {"get": answers(NOTE)},
        "/editor/texts/{key}": {"put": takes(NOTE, answers(None))},
    }
    assert len(model_of(paths).resources) == 2
    for item in paths.values():
        item["x-homeport"] = {"resource": {"name": "notes"}}
    found = resource_of(paths)
    assert found.replace is not None
    assert found.item == "/notes/{noteId}"


def test_faulty_corrections_are_reported_and_left_out(tmp_path: Path) -> None:
    spec = document(acts("/notes"))
    operation = spec["paths"]["/notes"]["get"]
    operation["x-homeport"] = {
        **operation.get("x-homeport", {}),
        "resource": {"nmae": "x", "role": "makes", "put": "x"},
    }
    spec["paths"]["/notes"]["x-homeport"] = {"resource": {"role": "lists", "eventual": "yes"}}
    with pytest.raises(ProjectError) as raised:
        load(write_document(tmp_path, spec, handlers=("act",)))
    assert [one.message for one in raised.value.problems] == [
        "unknown key 'nmae' in x-homeport.resource",
        "'role' can't be 'makes'",
        "'put' can't be 'x'",
        "a role is an operation's",
        "'eventual' must be true or false, not the text 'yes'",
    ]
    assert {one.file for one in raised.value.problems} == {"openapi.yaml"}
    assert all(one.line for one in raised.value.problems)
    assert infer_model(api_of(spec)).others


def test_the_model_is_explained_with_what_was_not_found() -> None:
    paths: dict[str, Any] = {
        "/notes": {
            "get": asks(answers(objects(notes=arrays(NOTE))), limit={**WHOLE, "minimum": 1, "maximum": 50}),
            "post": takes(objects("text", text=TEXT, size={**WHOLE, "default": 3}), answers(NOTE, "201")),
        },
        "/notes/{noteId}": {"get": answers(NOTE, ETag=TEXT)},
        "/login": {"post": answers()},
    }
    lines = list(explain_model(model_of(paths)))
    assert lines[:6] == [
        "notes: /notes, /notes/{noteId}",
        "  create         POST /notes",
        "  read           GET /notes/{noteId}",
        "  not found      replace, change, delete",
        "  id             noteId: its name goes with the path parameter noteId",
        "  list           GET /notes: the array notes",
    ]
    assert "    limit          query parameter limit, 1 to 50" in lines
    assert "    next page      no way found" in lines
    assert "  written        text (required), size (default 3)" in lines
    assert "  set by service noteId, number, count" in lines
    assert "  ETag           GET /notes/{noteId}" in lines
    assert "of no resource POST /login" in lines
    assert max(map(len, lines)) < 110
