"""Faults of the support desk: envelopes, offsets, integer ids, members, one function for all routes."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

_TICKETS = "service/tickets.py"
_COMMENTS = "service/comments.py"
_APP = "service/handlers/app.py"
_ERRORS = "service/errors.py"
_SPEC = "openapi.yaml"

_NAMES = '    names = {f"#{name}": name for name in change}\n'
_QUERY = (
    "    answer = db.comments.query(\n"
    '        KeyConditionExpression=Key("ticket_id").eq(ticket_id), Limit=limit, ConsistentRead=True, **start\n'
    "    )\n"
)
_GET = '        raise NotFound(f"There is no ticket {number}.")\n    return shown(row)\n\n\ndef update'
_ADD = '    _change(number, "ADD assignees :user SET updated_at = :at", {}, {":user": {user}, ":at": now()})'
_ADD_ACCESS = (
    "who have each user once.\n      x-homeport: {function: desk, handler: app.handler, access: {TicketsTable: "
)
_COUNT_ACCESS = "access: {TicketsTable: [UpdateItem], CommentsTable: [PutItem]}"


def _fault(kind: str, name: str, promise: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, "tickets", kind, promise, tuple(Edit(*edit) for edit in edits))


FAULTS = (
    _fault(
        "round-trip",
        "a due time loses its seconds",
        "A time comes back as it was sent.",
        (
            _TICKETS,
            '"due": content.get("due"),',
            '"due": content["due"][:17] + "00Z" if content.get("due") else None,',
        ),
    ),
    _fault(
        "round-trip",
        "a comment is internal where it says so, true or false",
        "False comes back as false.",
        (_COMMENTS, 'content.get("internal", False)', '"internal" in content'),
    ),
    _fault(
        "methods",
        "PATCH of a ticket empties its labels",
        "PATCH leaves what its body lacks.",
        (_TICKETS, _NAMES, '    change = {"labels": [], **change}\n' + _NAMES),
    ),
    _fault(
        "methods",
        "a deleted ticket can be changed",
        "What is deleted is not found any more.",
        (_TICKETS, 'Attr("id").exists() & Attr("deleted_at").not_exists()', 'Attr("id").exists()'),
    ),
    _fault(
        "methods",
        "PATCH of a ticket leaves updated_at",
        "A change sets the time of the last change.",
        (_TICKETS, 'f"SET {sets}, updated_at = :at", names, {**values, ":at": now()}', 'f"SET {sets}", names, values'),
    ),
    _fault(
        "collections",
        "the total is that of the page",
        "The total is the number of tickets that match, on this page or not.",
        (_APP, '"total": len(found)', '"total": len(page)'),
    ),
    _fault(
        "collections",
        "an offset is one too low",
        "The pages hold each ticket once.",
        (
            _APP,
            "found[offset : offset + limit]",
            "found[max(offset - 1, 0) : offset + limit - bool(offset)]",
        ),
    ),
    _fault(
        "collections",
        "the tickets of one page of the query",
        "A list has what the second page of DynamoDB has as well.",
        (
            _TICKETS,
            '        if "LastEvaluatedKey" not in page:\n            break\n'
            '        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}',
            "        break",
        ),
        (_TICKETS, "start: dict[str, Any] = {}", 'start: dict[str, Any] = {"Limit": 200}'),
    ),
    _fault(
        "collections",
        "a page of comments skips one",
        "The pages hold each comment once.",
        (_COMMENTS, "Limit=limit, ConsistentRead=True", "Limit=limit + 1, ConsistentRead=True"),
        (_COMMENTS, 'return answer["Items"], ', 'return answer["Items"][:limit], '),
    ),
    _fault(
        "concurrency",
        "two moves of a ticket win",
        "Of two moves at once, one is made.",
        (_TICKETS, '            Attr("status").eq(here),\n', ""),
    ),
    _fault(
        "concurrency",
        "comments are counted by a read",
        "Each comment counts.",
        (_TICKETS, '"UpdateExpression": "ADD comment_count :by"', '"UpdateExpression": "SET comment_count = :by"'),
        (_TICKETS, 'db.row({":by": by})', 'db.row({":by": get(number)["comment_count"] + by})'),
        (_SPEC, _COUNT_ACCESS, _COUNT_ACCESS.replace("[UpdateItem]", "[GetItem, UpdateItem]")),
    ),
    _fault(
        "concurrency",
        "assignees are read and written back",
        "Of two assignees that are added at once, both are there.",
        (
            _TICKETS,
            _ADD,
            '    users = {*get(number)["assignees"], user}\n'
            '    _change(number, "SET assignees = :users, updated_at = :at", {}, {":users": users, ":at": now()})',
        ),
        (_SPEC, f"{_ADD_ACCESS}[UpdateItem]", f"{_ADD_ACCESS}[GetItem, UpdateItem]"),
    ),
    _fault(
        "under-faults",
        "a throttled desk says 500",
        "A failure that passes is a 503.",
        (_APP, "except (ClientError, BotoCoreError):", "except BotoCoreError:"),
    ),
    _fault(
        "under-faults",
        "comments that can't be read are none",
        "A list that could not be read is no empty list.",
        (
            _COMMENTS,
            _QUERY,
            "    try:\n"
            + "".join(f"    {line}\n" for line in _QUERY.splitlines())
            + "    except Exception:\n        return [], None\n",
        ),
    ),
    _fault(
        "under-faults",
        "an environment keeps the tickets that it has read",
        "A write is seen by every environment.",
        (
            _TICKETS,
            "def get(number: int) -> Ticket:",
            "_seen: dict[int, Ticket] = {}\n\n\ndef get(number: int) -> Ticket:",
        ),
        (
            _TICKETS,
            '    """A ticket as it is now. Raises NotFound."""\n',
            '    """A ticket as it is now. Raises NotFound."""\n'
            "    if number in _seen:\n        return _seen[number]\n",
        ),
        (_TICKETS, _GET, _GET.replace("return shown(row)", "return _seen.setdefault(number, shown(row))")),
        (_TICKETS, "    given = {", "    _seen.pop(number, None)\n    given = {"),
    ),
    _fault(
        "errors",
        "a busy desk shows why",
        "An error shows nothing of what is behind the API.",
        (_APP, "except (ClientError, BotoCoreError):", "except (ClientError, BotoCoreError) as error:"),
        (_APP, 'Busy("The database is busy. Try again.")', 'Busy(f"The database is busy: {error}")'),
    ),
    _fault(
        "errors",
        "a move that the status does not allow is a bad request",
        "A valid request that the ticket's status does not allow is a 409.",
        (_ERRORS, 'status, code = 409, "conflict"', 'status, code = 400, "invalid"'),
    ),
    _fault(
        "errors",
        "the details of an error have its first violation",
        "details has each reason.",
        (_ERRORS, "list(details)", "list(details)[:1]"),
    ),
    _fault(
        "wire",
        "the Location of a ticket leads nowhere",
        "Location leads to what was made.",
        (_APP, "f\"/tickets/{ticket['id']}\"", "f\"/ticket/{ticket['id']}\""),
    ),
    _fault(
        "storage",
        "deleted tickets expire in milliseconds",
        "TimeToLive is in seconds.",
        (_TICKETS, "int(time.time()) + KEPT", "int(time.time() * 1000) + KEPT"),
    ),
    _fault(
        "document",
        "a ticket's priority has another default",
        "A property that is left out gets its documented default.",
        (_TICKETS, 'content.get("priority", 3)', 'content.get("priority", 2)'),
    ),
)
