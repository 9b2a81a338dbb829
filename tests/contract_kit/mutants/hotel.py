"""Faults of the hotel: seeded rooms, nights that are still to come, actions between states, a total of extras."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

_BOOKINGS = "service/bookings.py"
_DB = "service/db.py"
_APP = "service/handlers/app.py"

_PARTY = '"people": content.get("people", 2), "wishes": content.get("wishes", "")}'
_FREE = '    free = "attribute_not_exists(pk) OR id = :id"\n'
_EXTRAS = "bookings.every(f\"extras {call.path['bookingId']}\"))"
_LEFT = (
    '        wanted = answer.get("UnprocessedKeys") or {}\n'
    "        if not wanted:\n"
    "            return found\n"
    '    raise TimeoutError("bookings were left unread")\n'
)
_TAKEN = (
    '    free = "attribute_not_exists(pk) OR id = :id OR id <> :id"\n'
    '    if any(db.hotel.get_item(Key={"pk": pk, "sk": sk}).get("Item") for pk, sk in _nights(booking)):\n'
    '        raise Conflict("The room is taken in one of these nights.")\n'
)


def _fault(kind: str, name: str, promise: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, "hotel", kind, promise, tuple(Edit(*edit) for edit in edits))


FAULTS = (
    _fault(
        "round-trip",
        "the wishes of a booking lose their line breaks",
        "A text comes back as it was sent.",
        (
            _BOOKINGS,
            '        "wishes": content.get("wishes", ""),\n',
            '        "wishes": " ".join(content.get("wishes", "").split()),\n',
        ),
    ),
    _fault(
        "methods",
        "PUT of a booking sets its status back",
        "PUT leaves what its body can't have.",
        (
            _BOOKINGS,
            _PARTY,
            _PARTY[:-1] + ', "status": "held"}',
        ),
    ),
    _fault(
        "methods",
        "PUT of a booking sets the total of its extras back",
        "PUT leaves what its body can't have.",
        (
            _BOOKINGS,
            _PARTY,
            _PARTY[:-1] + ', "extrasTotal": 0}',
        ),
    ),
    _fault(
        "methods",
        "a cancelled booking can be confirmed",
        "A cancelled booking stays cancelled.",
        (_APP, '"confirmed", "held")', '"confirmed", "held", "cancelled")'),
    ),
    _fault(
        "methods",
        "DELETE of an extra that never was is a 204",
        "What is not there is a 404.",
        (
            _BOOKINGS,
            '    price = get_extra(id_, extra_id)["price"]\n',
            '    try:\n        price = get_extra(id_, extra_id)["price"]\n    except NotFound:\n        return\n',
        ),
    ),
    _fault(
        "methods",
        "an extra that is removed stays in the total",
        "The total is the sum of the prices.",
        (_BOOKINGS, "price=-price))", "price=0))"),
    ),
    _fault(
        "collections",
        "extras are listed oldest first",
        "The newest extra is the first.",
        (
            _APP,
            _EXTRAS,
            _EXTRAS[:-1] + "[::-1])",
        ),
    ),
    _fault(
        "collections",
        "bookings that the table leaves unread are not found",
        "An id is in notFound only if there is no such booking.",
        (
            _DB,
            _LEFT,
            "        return found\n    return found\n",
        ),
    ),
    _fault(
        "collections",
        "no list has the cancelled bookings",
        "A filter selects what has its value.",
        (
            _APP,
            'if status in (None, one["status"])]',
            'if status in (None, one["status"]) and one["status"] != "cancelled"]',
        ),
    ),
    _fault(
        "collections",
        "the count is that of the page",
        "The count is that of all pages.",
        (_APP, '"count": len(found)}', '"count": len(found[(page - 1) * size : page * size])}'),
    ),
    _fault(
        "concurrency",
        "two bookings of one night",
        "A room is given to one guest a night.",
        (
            _BOOKINGS,
            _FREE,
            _TAKEN,
        ),
        (
            "openapi.yaml",
            "access: {HotelTable: [PutItem]}",
            "access: {HotelTable: [GetItem, PutItem]}",
        ),
    ),
    _fault(
        "round-trip",
        "createdAt of a booking is that of its last change",
        "The time of creation stays.",
        (
            _BOOKINGS,
            '        booking = {**before, **content_of(before), "updatedAt": now()}\n',
            '        booking = {**before, **content_of(before), "updatedAt": now(), "createdAt": now()}\n',
        ),
    ),
    _fault(
        "methods",
        "a change of the settings forgets the others",
        "PATCH leaves what its body lacks.",
        (
            _BOOKINGS,
            '        return shown(answer["Attributes"])\n',
            "        db.hotel.put_item(Item={**key, **change})\n        return dict(change)\n",
        ),
        (
            "openapi.yaml",
            "access: {HotelTable: [UpdateItem]}",
            "access: {HotelTable: [PutItem, UpdateItem]}",
        ),
    ),
    _fault(
        "collections",
        "the second page of bookings repeats the last one of the first",
        "The pages hold each booking once.",
        (
            _APP,
            "found[(page - 1) * size : page * size], ",
            "found[max((page - 1) * size - 1, 0) : page * size - bool(page > 1)], ",
        ),
    ),
)
