"""The resources of an API are known from the shapes of its document."""

from __future__ import annotations

import time
from typing import Any

import pytest

from homeport.contract.rest.resource import NO_DEFAULT, Resource
from tests.support.rest_model import TEXT, WHOLE, answers, arrays, asks, model_of, objects, resource_of, takes

NOTE = objects("noteId", "text", noteId=TEXT, text=TEXT, status={**TEXT, "enum": ["open", "done"]}, version=WHOLE)
NEW = objects("text", text=TEXT, status={**TEXT, "enum": ["open", "done"], "default": "open"})


def notes(**changes: Any) -> dict[str, Any]:
    """Return the paths of an API of notes."""
    return {
        "/notes": {"get": answers(objects(items=arrays(NOTE))), "post": takes(NEW, answers(NOTE, "201"))},
        "/notes/{noteId}": {
            "get": answers(NOTE),
            "put": takes(NEW, answers(NOTE)),
            "patch": takes(objects(text=TEXT), answers(NOTE)),
            "delete": answers(None, "204"),
        },
        **changes,
    }


def labels(resource: Resource) -> list[str]:
    """Return the operations of a resource."""
    return [f"{one.method} {one.path}" for one in resource.operations]


def test_a_collection_and_its_items_are_a_resource() -> None:
    found = resource_of(notes())
    assert (found.name, found.collection, found.item) == ("notes", "/notes", "/notes/{noteId}")
    assert [one and one.method for one in (found.create, found.read, found.replace, found.change, found.delete)] == [
        "POST",
        "GET",
        "PUT",
        "PATCH",
        "DELETE",
    ]
    assert (found.id_parameter, found.id_property) == ("noteId", "noteId")
    assert not found.creates_by_put
    assert not found.single


def test_properties_say_who_writes_them_and_what_they_are_when_left_out() -> None:
    fields = resource_of(notes()).fields
    assert list(fields) == ["noteId", "text", "status", "version"]
    assert fields["text"].required == {"POST /notes", "PUT /notes/{noteId}"}
    assert fields["text"].written == {"POST /notes", "PUT /notes/{noteId}", "PATCH /notes/{noteId}"}
    assert fields["text"].always
    assert fields["status"].default == "open"
    assert fields["text"].default is NO_DEFAULT
    assert fields["noteId"].server_set
    assert resource_of(notes()).version == "version"


def test_read_only_write_only_and_nullable_properties_are_told_apart() -> None:
    shown = objects(id={**TEXT, "readOnly": True}, secret={**TEXT, "writeOnly": True}, due={**TEXT, "nullable": True})
    paths = {
        "/things": {"post": takes(shown, answers(shown, "201"))},
        "/things/{id}": {"get": answers(shown)},
    }
    fields = resource_of(paths).fields
    assert fields["id"].server_set
    assert not fields["id"].written
    assert fields["secret"].write_only
    assert not fields["secret"].answered
    assert fields["due"].nullable


def test_a_default_of_null_inside_any_of_is_a_default() -> None:
    schemas = {"Price": {"anyOf": [WHOLE, {"nullable": True, "enum": [None]}], "default": None}}
    price = {"$ref": "#/components/schemas/Price"}
    thing = objects(id=TEXT, price=price)
    paths = {
        "/things": {"post": takes(objects(price=price), answers(thing, "201"))},
        "/things/{id}": {"get": answers(thing)},
    }
    found = resource_of(paths, schemas).fields["price"]
    assert found.default is None
    assert found.nullable


def test_properties_of_all_of_are_one_representation() -> None:
    schemas = {
        "Base": objects("id", id=TEXT),
        "Note": {"allOf": [{"$ref": "#/components/schemas/Base"}, objects(text=TEXT)]},
    }
    found = resource_of({"/notes/{id}": {"get": answers({"$ref": "#/components/schemas/Note"})}}, schemas)
    assert set(found.fields) == {"id", "text"}
    assert found.fields["id"].always


@pytest.mark.parametrize(
    ("parameter", "properties", "expected"),
    [
        ("noteId", ("noteId", "id"), "noteId"),
        ("id", ("noteId", "text"), "noteId"),
        ("noteId", ("id", "text"), "id"),
        ("note_id", ("noteId", "text"), "noteId"),
        ("slug", ("slug", "id"), "slug"),
        ("noteSlug", ("slug", "text"), "slug"),
        ("key", ("text",), ""),
    ],
)
def test_the_property_with_the_id_is_known_by_its_name(
    parameter: str, properties: tuple[str, ...], expected: str
) -> None:
    note = objects(**dict.fromkeys(properties, TEXT))
    assert resource_of({f"/notes/{{{parameter}}}": {"get": answers(note)}}).id_property == expected


def test_a_link_tells_the_property_with_the_id() -> None:
    created = answers(objects(number=TEXT, noteId=TEXT), "201")
    link = {"operationId": "getNote", "parameters": {"noteId": "$response.body#/number"}}
    created["responses"]["201"]["links"] = {"get": link}
    paths = {
        "/notes": {"post": created},
        "/notes/{noteId}": {"get": {**answers(objects(number=TEXT, noteId=TEXT)), "operationId": "getNote"}},
    }
    assert resource_of(paths).id_property == "number"


def test_put_creates_where_it_documents_201_or_nothing_else_creates() -> None:
    put = takes(NEW, answers(NOTE))
    documented = {**put, "responses": {**put["responses"], "201": {"description": "."}}}
    assert resource_of(notes(**{"/notes/{noteId}": {"put": documented}})).creates_by_put
    alone = {"/settings/{name}": {"put": put, "delete": answers(None, "204")}}
    assert resource_of(alone).creates_by_put
    assert resource_of(alone).fields["text"].written == {"PUT /settings/{name}"}


def test_put_that_may_lack_what_create_must_have_is_known_to_merge() -> None:
    part = takes(objects(text=TEXT, status=TEXT), answers(NOTE))
    assert resource_of(notes(**{"/notes/{noteId}": {"get": answers(NOTE), "put": part}})).put_merges
    assert not resource_of(notes()).put_merges


def test_one_resource_at_several_paths_is_one() -> None:
    paths = {
        "/products": {"get": answers(objects(products=arrays(NOTE)))},
        "/products/{productId}": {"get": answers(NOTE)},
        "/admin/products": {"post": takes(NEW, answers(NOTE, "201"))},
        "/admin/products/{productId}": {"put": takes(NEW, answers(NOTE)), "delete": answers(None, "204")},
        "/admin/products/{productId}/stock": {"post": takes(objects(change=WHOLE), answers(NOTE))},
    }
    found = resource_of(paths)
    assert labels(found) == [
        "POST /admin/products",
        "GET /products/{productId}",
        "PUT /admin/products/{productId}",
        "DELETE /admin/products/{productId}",
        "GET /products",
        "POST /admin/products/{productId}/stock",
    ]
    assert found.item == "/products/{productId}"


def test_two_versions_of_an_api_stay_two_resources() -> None:
    paths = {
        f"/{version}/notes/{{id}}": {"get": answers(NOTE), "put": takes(NEW, answers(NOTE))} for version in ("v1", "v2")
    }
    assert [one.name for one in model_of(paths).resources] == ["v1/notes/*", "v2/notes/*"]


def test_a_resource_below_another_has_its_parameter() -> None:
    line = objects("lineId", lineId=TEXT, amount=WHOLE)
    paths = notes(
        **{
            "/notes/{noteId}/lines": {
                "get": answers(arrays(line)),
                "post": takes(objects(amount=WHOLE), answers(line, "201")),
            },
            "/notes/{noteId}/lines/{lineId}": {"get": answers(line)},
        }
    )
    found = resource_of(paths, name="lines")
    assert found.parents == ("noteId",)
    assert found.id_parameter == "lineId"
    assert found.listings[0].items == ()


def test_items_with_a_path_of_their_own_may_be_made_below_another_resource() -> None:
    line = objects("lineId", lineId=TEXT, amount=WHOLE)
    below = {"/notes/{noteId}/lines": {"post": takes(objects(amount=WHOLE), answers(line, "201"))}}
    alone = {"/lines/{lineId}": {"get": answers(line), "delete": answers(None, "204")}}
    found = resource_of(notes(**below, **alone), name="lines")
    assert labels(found) == ["POST /notes/{noteId}/lines", "GET /lines/{lineId}", "DELETE /lines/{lineId}"]
    assert (found.parents, found.collection) == (("noteId",), "/notes/{noteId}/lines")
    assert resource_of(notes(**below, **alone), name="notes").actions == ()


def test_list_below_another_resource_shows_items_with_a_path_of_their_own() -> None:
    line = objects("lineId", lineId=TEXT, amount=WHOLE)
    paths = notes(
        **{
            "/notes/{noteId}/lines": {
                "get": answers(arrays(line)),
                "post": takes(objects(amount=WHOLE), answers(line, "201")),
            },
            "/lines": {"get": answers(arrays(line))},
            "/lines/{lineId}": {"get": answers(line)},
        }
    )
    found = resource_of(paths, name="lines")
    assert {one.operation.path for one in found.listings} == {"/notes/{noteId}/lines", "/lines"}
    assert found.create is not None


def bookings() -> dict[str, Any]:
    """Return the paths of an API of bookings, which a list below rooms shows, too."""
    booking = objects("bookingId", "roomId", bookingId=TEXT, roomId=TEXT)
    return {
        "/bookings": {"post": takes(objects("roomId", roomId=TEXT), answers(booking, "201"))},
        "/bookings/{bookingId}": {"get": answers(booking)},
        "/rooms/{roomId}/bookings": {"get": answers(arrays(booking))},
        "/me/bookings": {"get": {**answers(arrays(booking)), "security": [{"token": []}]}},
    }


def test_list_below_another_resource_selects_by_its_path() -> None:
    (listing,) = [one for one in resource_of(bookings(), name="bookings").listings if one.required]
    assert listing.operation.path == "/rooms/{roomId}/bookings"
    assert listing.required == ("roomId",)
    assert [(one.parameter, one.field) for one in listing.filters] == [("roomId", "roomId")]


@pytest.mark.parametrize(("scheme", "is_shown"), [("token", True), ("key", False)])
def test_list_of_another_caller_does_not_show_what_is_made(scheme: str, is_shown: bool) -> None:
    paths = bookings()
    paths["/bookings"]["post"]["security"] = [{scheme: []}]
    (found,) = model_of(paths).resources
    assert ("/me/bookings" in [one.operation.path for one in found.listings]) is is_shown


def test_answer_of_another_shape_makes_no_item_below_another_resource() -> None:
    line, other = objects("lineId", lineId=TEXT, amount=WHOLE), objects("job", job=TEXT)
    below = {"/notes/{noteId}/lines": {"post": takes(objects(amount=WHOLE), answers(other, "201"))}}
    found = resource_of(notes(**below, **{"/lines/{lineId}": {"get": answers(line)}}), name="lines")
    assert found.create is None


def test_a_single_resource_has_no_id() -> None:
    profile = objects(name=TEXT)
    paths = {"/me": {"get": answers(profile), "put": takes(profile, answers(profile))}}
    found = resource_of(paths)
    assert (found.single, found.item, found.id_parameter, found.id_property) == (True, "/me", "", "")
    below = notes(**{"/notes/{noteId}/settings": {"get": answers(profile), "patch": takes(profile, answers(profile))}})
    assert resource_of(below, name="settings").parents == ("noteId",)


def test_operations_below_an_item_are_actions_and_reads_there_are_none() -> None:
    paths = notes(
        **{
            "/notes/{noteId}/archive": {"post": answers(NOTE)},
            "/notes/{noteId}/history": {"get": answers(objects(of=TEXT))},
        }
    )
    model = model_of(paths)
    assert [one.path for one in model.resources[0].actions] == ["/notes/{noteId}/archive"]
    assert [one.path for one in model.others] == ["/notes/{noteId}/history"]


def test_routes_of_any_method_and_greedy_ones_are_of_no_resource() -> None:
    paths = {"/{proxy+}": {"x-amazon-apigateway-any-method": answers()}, "/files/{key+}": {"get": answers(NOTE)}}
    model = model_of(paths)
    assert model.resources == ()
    assert [one.method for one in model.others] == ["ANY", "GET"]


def test_operations_without_schemas_are_resources_all_the_same() -> None:
    paths = {
        "/notes": {"get": answers(), "post": answers(None, "201")},
        "/notes/{id}": {"get": answers(), "delete": answers()},
    }
    found = resource_of(paths)
    assert found.create is not None
    assert found.fields == {}
    assert found.listings == ()


def test_a_resource_keyed_by_the_id_of_another_names_it() -> None:
    line = objects("productId", productId=TEXT, quantity=WHOLE)
    paths = {
        "/products/{productId}": {"get": answers(objects(productId=TEXT, name=TEXT))},
        "/cart": {"get": answers(objects(lines=arrays(line)))},
        "/cart/{productId}": {
            "put": takes(objects("quantity", quantity=WHOLE), answers(line)),
            "delete": answers(None, "204"),
        },
    }
    cart = resource_of(paths, name="cart")
    assert cart.keyed_by == "products"
    assert cart.creates_by_put
    assert not cart.fields["productId"].server_set
    assert resource_of(paths, name="products").keyed_by == ""


def test_envelopes_of_answers_and_bodies_are_known() -> None:
    paths = {
        "/articles": {"post": takes(objects(article=NEW), answers(objects(article=NOTE), "201"))},
        "/articles/{noteId}": {"get": answers(objects(article=NOTE))},
        "/things/{id}": {"get": answers(objects(data=objects(id=TEXT), meta=objects(at=TEXT)))},
    }
    model = model_of(paths)
    article, thing = model.resources
    assert (article.envelope, article.body_envelope) == (("article",), ("article",))
    assert "text" in article.fields
    assert model.envelopes["POST /articles"].body == ("article",)
    assert thing.envelope == ("data",)
    assert thing.id_property == "id"


def test_tags_preconditions_and_the_key_of_a_create_are_known() -> None:
    paths = notes()
    paths["/notes"]["post"] = asks(paths["/notes"]["post"], "header", **{"Idempotency-Key": TEXT})
    item = paths["/notes/{noteId}"]
    item["get"] = asks(answers(NOTE, ETag=TEXT), "header", **{"If-None-Match": TEXT})
    item["put"] = asks(item["put"], "header", **{"If-Match": TEXT})
    found = resource_of(paths)
    assert found.idempotency_header == "Idempotency-Key"
    assert found.etagged == {"GET /notes/{noteId}"}
    assert found.conditional == {"GET /notes/{noteId}": {"if-none-match"}, "PUT /notes/{noteId}": {"if-match"}}


def test_a_thousand_operations_are_inferred_in_little_time() -> None:
    paths: dict[str, Any] = {}
    for number in range(200):
        note = objects("id", id=TEXT, **{f"text{number}": TEXT})
        paths[f"/kind{number}"] = {
            "get": answers(objects(items=arrays(note))),
            "post": takes(note, answers(note, "201")),
        }
        paths[f"/kind{number}/{{id}}"] = {
            "get": answers(note),
            "put": takes(note, answers(note)),
            "delete": answers(None, "204"),
        }
    started = time.process_time()
    assert len(model_of(paths).resources) == 200
    assert time.process_time() - started < 5


def test_items_that_can_only_be_deleted_under_their_own_path_are_what_is_made_below_another_resource() -> None:
    label = objects("id", "name", id=TEXT, name=TEXT)
    paths = {
        "/boards/{boardId}": {"get": answers(objects("boardId", boardId=TEXT))},
        "/boards/{boardId}/labels": {
            "get": answers(arrays(label)),
            "post": takes(objects("name", name=TEXT), answers(label, "201")),
        },
        "/labels/{labelId}": {"delete": answers(None, "204")},
    }
    found = resource_of(paths, name="labels")
    assert (found.collection, found.item, found.id_property) == ("/boards/{boardId}/labels", "/labels/{labelId}", "id")
    assert found.create is not None
    assert found.delete is not None
    assert [one.operation.path for one in found.listings] == ["/boards/{boardId}/labels"]


def test_items_without_a_path_have_the_id_that_the_create_and_the_list_answer_with() -> None:
    command = objects("commandId", "name", commandId=TEXT, name=TEXT)

    def found(body: Any) -> Any:
        collection = {"get": answers(arrays(command)), "post": takes(body, answers(command, "202"))}
        return resource_of({"/commands": collection})

    assert found(objects("name", name=TEXT)).id_property == "commandId"
    assert found(command).id_property == ""


def test_items_with_actions_alone_are_what_their_collection_makes() -> None:
    command = objects("commandId", "name", commandId=TEXT, name=TEXT)
    paths = {
        "/devices/{serial}": {"get": answers(objects("serial", serial=TEXT))},
        "/devices/{serial}/commands": {
            "get": answers(objects(commands=arrays(command))),
            "post": takes(objects("name", name=TEXT), answers(command, "202")),
        },
        "/devices/{serial}/commands/next": {"post": answers(command)},
        "/devices/{serial}/commands/{commandId}/finish": {"post": answers(command)},
    }
    found = resource_of(paths, name="commands")
    assert (found.item, found.id_parameter) == ("/devices/{serial}/commands/{commandId}", "commandId")
    assert (found.id_property, found.parents) == ("commandId", ("serial",))
    assert found.create is not None
    assert found.read is None
    assert [one.path for one in found.actions] == ["/devices/{serial}/commands/{commandId}/finish"]


def test_post_that_answers_with_200_below_another_resource_makes_what_has_a_path_of_its_own() -> None:
    card = objects("id", "text", id=TEXT, text=TEXT)
    paths = {
        "/boards/{boardId}": {"get": answers(objects("boardId", boardId=TEXT))},
        "/boards/{boardId}/cards": {"post": takes(objects(text=TEXT), answers(card))},
        "/cards/{cardId}": {"get": answers(card)},
    }
    assert resource_of(paths, name="cards").create is not None
