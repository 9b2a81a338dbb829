"""Lists and batch reads are known by their parameters and answers."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.rest.resource import BatchRead, Limit, Listing, NextPage, Sort
from tests.support.rest_model import TEXT, WHOLE, answers, arrays, asks, model_of, objects, resource_of, takes

NOTE = objects("id", id=TEXT, title=TEXT, status={**TEXT, "enum": ["open", "done"]}, price=WHOLE, ownerId=TEXT)


def listing_of(answer: Any, **query: Any) -> Listing:
    """Return the list of notes with such an answer and such parameters."""
    paths = {"/notes": {"get": asks(answers(answer), **query)}, "/notes/{id}": {"get": answers(NOTE)}}
    found = resource_of(paths).listings
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        (arrays(NOTE), ()),
        (objects(items=arrays(NOTE)), ("items",)),
        (objects(notes=arrays(NOTE), tags=arrays(objects(a=TEXT))), ("notes",)),
        (objects(data=arrays(NOTE), meta=objects(next=TEXT)), ("data",)),
        (objects(data=objects(items=arrays(NOTE))), ("data", "items")),
        (objects(_embedded=objects(notes=arrays(NOTE))), ("_embedded", "notes")),
    ],
)
def test_the_array_of_a_list_is_found(answer: Any, items: tuple[str, ...]) -> None:
    assert listing_of(answer).items == items


@pytest.mark.parametrize("name", ["limit", "pageSize", "per_page", "size", "max", "first", "maxResults", "page[size]"])
def test_the_limit_is_known_by_its_name(name: str) -> None:
    limit = {**WHOLE, "minimum": 1, "maximum": 50, "default": 10}
    assert listing_of(arrays(NOTE), **{name: limit}).limit == Limit(name, 1, 50, 10)


def test_a_flag_that_is_named_like_a_limit_is_none() -> None:
    assert listing_of(arrays(NOTE), count={"type": "boolean"}).limit is None


@pytest.mark.parametrize(
    ("parameter", "answer", "expected"),
    [
        ("after", objects(items=arrays(NOTE), nextAfter=TEXT), NextPage("token", "after", ("nextAfter",))),
        ("cursor", objects(items=arrays(NOTE), cursor=TEXT), NextPage("token", "cursor", ("cursor",))),
        ("nextToken", objects(items=arrays(NOTE), nextToken=TEXT), NextPage("token", "nextToken", ("nextToken",))),
        ("cursor", objects(items=arrays(NOTE), nextCursor=TEXT), NextPage("token", "cursor", ("nextCursor",))),
        (
            "pageToken",
            objects(items=arrays(NOTE), nextPageToken=TEXT),
            NextPage("token", "pageToken", ("nextPageToken",)),
        ),
        ("after", objects(data=arrays(NOTE), meta=objects(next=TEXT)), NextPage("token", "after", ("meta", "next"))),
        (
            "startKey",
            objects(items=arrays(NOTE), lastEvaluatedKey=TEXT),
            NextPage("token", "startKey", ("lastEvaluatedKey",)),
        ),
        ("cursor", objects(items=arrays(NOTE)), None),
    ],
)
def test_the_way_to_the_next_page_is_a_token(parameter: str, answer: Any, expected: NextPage | None) -> None:
    assert listing_of(answer, **{parameter: TEXT}).next_page == expected


def test_numbers_lead_to_the_next_page() -> None:
    assert listing_of(arrays(NOTE), offset=WHOLE).next_page == NextPage("offset", "offset")
    assert listing_of(arrays(NOTE), page={**WHOLE, "minimum": 0}).next_page == NextPage("page", "page", first=0)
    assert listing_of(arrays(NOTE), page={**WHOLE, "default": 1}).next_page == NextPage("page", "page", first=1)


def test_a_link_leads_to_the_next_page() -> None:
    paths = {"/notes": {"get": answers(arrays(NOTE), Link=TEXT)}, "/notes/{id}": {"get": answers(NOTE)}}
    assert resource_of(paths).listings[0].next_page == NextPage("link")
    inside = objects(items=arrays(NOTE), links=objects(next={**TEXT, "format": "uri"}))
    assert listing_of(inside).next_page == NextPage("link", pointer=("links", "next"))


def test_a_date_named_after_is_no_cursor() -> None:
    assert listing_of(objects(items=arrays(NOTE), next=TEXT), after={**TEXT, "format": "date"}).next_page is None


def test_filters_are_parameters_that_select_by_a_property() -> None:
    found = listing_of(
        arrays(NOTE),
        status={**TEXT, "enum": ["open", "done"]},
        price=WHOLE,
        ownerId=TEXT,
        title=TEXT,
        color=TEXT,
        **{"filter[price]": WHOLE},
    )
    assert [(one.parameter, one.field) for one in found.filters] == [
        ("status", "status"),
        ("price", "price"),
        ("ownerId", "ownerId"),
        ("filter[price]", "price"),
    ]


@pytest.mark.parametrize(
    ("words", "is_filter"),
    [
        ("Only notes of this author.", True),
        ("The exact author.", True),
        ("Part of the name of this author.", False),
        ("An author.", False),
    ],
)
def test_text_parameter_is_a_filter_where_its_description_says_so(words: str, is_filter: bool) -> None:
    note = objects("id", id=TEXT, author=TEXT)
    listing = asks(answers(arrays(note)), author=TEXT)
    listing["parameters"][0]["description"] = words
    found = resource_of({"/notes": {"get": listing}, "/notes/{id}": {"get": answers(note)}}).listings[0]
    assert [one.parameter for one in found.filters] == (["author"] if is_filter else [])


def test_required_parameters_of_a_list_are_named() -> None:
    assert listing_of(arrays(NOTE), status={**TEXT, "enum": ["open"], "x-required": True}).required == ("status",)


def test_orders_are_values_of_the_sort_parameter() -> None:
    values = ["price", "-price", "title_desc", "title:asc", "relevance"]
    assert listing_of(arrays(NOTE), sort={**TEXT, "enum": values}).sorts == (
        Sort("price", False, "sort", "price"),
        Sort("price", True, "sort", "-price"),
        Sort("title", True, "sort", "title_desc"),
        Sort("title", False, "sort", "title:asc"),
    )


def test_a_direction_beside_the_sort_parameter_sets_the_order_by_its_default() -> None:
    by = {**TEXT, "enum": ["price"]}
    way = {**TEXT, "enum": ["asc", "desc"], "default": "desc"}
    assert listing_of(arrays(NOTE), sortBy=by, order=way).sorts == (Sort("price", True, "sortBy", "price"),)
    unknown = {**TEXT, "enum": ["asc", "desc"]}
    assert listing_of(arrays(NOTE), sortBy=by, order=unknown).sorts == ()


def test_lists_at_paths_of_their_own_belong_to_the_resource_that_they_show() -> None:
    paths = {
        "/notes": {"get": answers(arrays(NOTE))},
        "/notes/search": {"get": answers(arrays(NOTE))},
        "/notes/{id}": {"get": answers(NOTE)},
        "/feed": {"get": answers(objects(notes=arrays(NOTE)))},
        "/stats": {"get": answers(objects(rows=arrays(objects(day=TEXT, hits=WHOLE))))},
    }
    model = model_of(paths)
    assert [one.name for one in model.resources] == ["notes", "stats"]
    assert [one.operation.path for one in model.resources[0].listings] == ["/notes", "/notes/search", "/feed"]


def test_a_list_whose_path_names_some_of_the_resources_is_not_held_to_show_all() -> None:
    paths = {
        "/notes": {"get": answers(arrays(NOTE))},
        "/notes/{id}": {"get": answers(NOTE)},
        "/notes/lost": {"get": answers(arrays(NOTE))},
        "/notes/all": {"get": answers(arrays(NOTE))},
    }
    (resource,) = model_of(paths).resources
    assert [one.operation.path for one in resource.listings] == ["/notes", "/notes/all"]


def batch_of(body: Any, answer: Any, path: str = "/notes/batch-get") -> BatchRead | None:
    """Return the batch read of notes with such bodies."""
    paths = {
        "/notes": {"get": answers(arrays(NOTE))},
        path: {"post": takes(body, answers(answer))},
        "/notes/{id}": {"get": answers(NOTE)},
    }
    found = resource_of(paths, name="notes").batch_reads
    return found[0] if found else None


def test_a_batch_read_takes_ids_and_answers_resources() -> None:
    ids = arrays(TEXT, maxItems=20, uniqueItems=True)
    found = batch_of(objects(noteIds=ids), objects(notes=arrays(NOTE), missing=arrays(TEXT)))
    assert found is not None
    assert (found.ids, found.items, found.missing) == (("noteIds",), ("notes",), ("missing",))
    assert (found.maximum, found.unique) == (20, True)
    bare = batch_of(ids, arrays(NOTE), "/notes/lookup")
    assert bare is not None
    assert (bare.ids, bare.items) == ((), ())


def test_a_batch_that_writes_is_no_batch_read() -> None:
    assert batch_of(objects(ids=arrays(TEXT)), objects(notes=arrays(NOTE)), "/notes/batch-delete") is None
    assert batch_of(objects(notes=arrays(NOTE)), objects(notes=arrays(NOTE)), "/notes/batch") is None


def test_ids_in_the_query_are_a_batch_read() -> None:
    ids = {**arrays(TEXT), "x-required": True}
    paths = {
        "/notes/by-ids": {"get": asks(answers(arrays(NOTE)), ids=ids)},
        "/notes": {"get": answers(arrays(NOTE))},
        "/notes/{id}": {"get": answers(NOTE)},
    }
    found = resource_of(paths)
    assert [one.parameter for one in found.batch_reads] == ["ids"]
    assert [one.operation.path for one in found.listings] == ["/notes"]


@pytest.mark.parametrize(
    ("name", "schema", "joined"),
    [
        ("ids", arrays(TEXT), [False]),
        ("ids", TEXT, [True]),
        ("noteIds", TEXT, [True]),
        ("id", TEXT, []),
        ("tagIds", arrays(TEXT), []),
    ],
)
def test_a_list_that_takes_ids_is_a_batch_read_too(name: str, schema: Any, joined: list[bool]) -> None:
    listed = asks(answers(objects(items=arrays(NOTE))), **{name: schema})
    paths = {"/notes": {"get": listed}, "/notes/{noteId}": {"get": answers(NOTE)}}
    found = resource_of(paths, name="notes")
    assert [one.joined for one in found.batch_reads] == joined
    assert [one.operation.path for one in found.listings] == ["/notes"]


def test_a_filter_with_a_default_selects_where_it_is_left_out() -> None:
    states = {**TEXT, "enum": ["open", "done"]}
    assert listing_of(arrays(NOTE), status={**states, "default": "open"}).defaults == ("status",)
    assert listing_of(arrays(NOTE), status=states).defaults == ()
