"""``homeport save-test``: a recorded request as a test: an HTTP Archive with what it needs first, and a function. Pure.

Values are followed to find what a request needs. It needs the earlier writes about the ids that it sends or shows, the
responses that gave it an ETag or a cursor, the same user's writes, and in turn what these need.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, unquote_plus

from homeport.contract.compare import ReplayCheck, is_opaque, names_id, parse_body
from homeport.contract.created_resources import id_in_path, new_ids
from homeport.contract.har import exchange_of, to_har
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.remote_data import SAFE_METHODS
from homeport.dynamodb.embedded import ITEM_READ_ACTIONS
from homeport.errors import HomeportError
from homeport.http_headers import header_value
from homeport.project.model import Api
from homeport.project.names import snake_case
from homeport.recordings.recording import Recording
from homeport.recordings.redaction import MASK

_LONGEST_TARGET = 60
_KEY = "idempotency-key"
_TEST = '''"""Recorded {when}: {method} {target} was answered {status}.

Written by `homeport save-test {id}`; the archive beside this file has the request, after those that it needs.
"""

from __future__ import annotations

from pathlib import Path

from homeport.contract.fixtures.plugin import ReplayArchive


def {name}(homeport_replay: ReplayArchive) -> None:
    homeport_replay(Path(__file__).with_suffix(".har"){check})
'''


class SaveTestError(HomeportError):
    """A recorded request that can't become a test that passes."""


@dataclass(slots=True)
class _History:
    """Each request's needs, by its number, and the numbers of the requests about each value, from its creation on."""

    api: Api
    needs: list[set[int]] = field(default_factory=list)
    about: dict[str, list[int]] = field(default_factory=dict)
    by_user: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)
    chosen: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, step: Recording) -> None:
        """Note what a request needs, and then what it gives."""
        number, user = len(self.needs), user_of(step)
        sent, shown = _sent_values(step), _shown_values(step)
        key, own = header_value(step.request_headers, _KEY) or "", self._created_id(step)
        # An idempotent request that comes again creates nothing.
        creates = own in sent and not (key and key in self.about)
        wanted = (sent | shown if step.summary.method == "GET" or user else sent) - ({own} if creates else set())
        self.needs.append({one for value in wanted for one in self.about.get(value, ())})
        self.needs[number].update(self.by_user[user] if user else ())
        if not 200 <= step.summary.status < 300:
            return
        for value in [own] * creates + [key] * bool(key and key not in self.about):
            self.about[value] = [number]
            self.chosen[number].append(value)
        for value in self._new_values(step, own) - sent - self.about.keys():
            self.about[value] = [number]
        self.seen |= shown
        etag = header_value(step.reply_headers, "etag")
        # An ETag such as "1" may be that of many resources: the last response that had it counts.
        if etag and etag not in sent and (etag not in self.about or not is_opaque(etag)):
            self.about[etag] = [number]
        if is_write(step):
            named = _named_ids(step)
            for value in sent | shown:
                if (value in named or is_opaque(value)) and number not in self.about.setdefault(value, []):
                    self.about[value].append(number)
            self.by_user[user].append(number)

    def _new_values(self, step: Recording, own: str) -> set[str]:
        """Return the values that a response brought up: a write's new ids, a read's cursors."""
        leaves = _leaves(parse_body(step.reply_body.data))
        if is_write(step):
            return {own} - {""} | {value for _, value in leaves if is_opaque(value)} - self.seen
        return {value for name, value in leaves if is_opaque(value) and not names_id(name)}

    def _created_id(self, step: Recording) -> str:
        """Return the id of the resource that a request created, "" where it created none."""
        if step.summary.status != 201 or not is_write(step):
            return ""
        if step.summary.method == "PUT":
            return id_in_path(step.summary.target)
        if location := header_value(step.reply_headers, "location"):
            return id_in_path(location)
        operation = self.api.operations_by_id.get(step.summary.operation or "")
        paths = (one.path for one in self.api.operations)
        return next(iter(new_ids(step.reply_body.data, paths, operation.path if operation else "")), "")


def find_steps(recording: Recording, earlier: Iterable[Recording], api: Api) -> tuple[HttpExchange, ...]:
    """Return the requests of a test of ``recording``, which is the last; ``earlier`` are those before, latest first.

    Their notes say whose they are (``user``; ``new_user`` where any will do), which ids the client chose (``chosen``),
    and that the credential was rejected (``rejected``). Raises SaveTestError for what no test can repeat.
    """
    history = [*reversed(list(earlier)), recording]
    found = _History(api)
    for step in history:
        found.add(step)
    needed, open_ = set[int](), [len(history) - 1]
    while open_:
        number = open_.pop()
        if number not in needed:
            needed.add(number)
            open_ += found.needs[number]
    steps = [history[number] for number in sorted(needed)]
    _check(recording, steps)
    bound = set(_users_with_seeds(steps, {value for value, about in found.about.items() if about[0] in needed}))
    return tuple(
        replace(exchange_of(history[number]), notes=_notes(history[number], found.chosen[number], bound))
        for number in sorted(needed)
    )


def _users_with_seeds(steps: list[Recording], made: set[str]) -> Iterator[str]:
    """Yield the users who own what no request made: a new user would not see it."""
    made = made.union(*map(_sent_values, steps))
    for step in steps:
        leaves = _leaves(parse_body(step.reply_body.data)) if 200 <= step.summary.status < 300 else ()
        if not {value for name, value in leaves if names_id(name)} <= made:
            yield user_of(step)


def _check(recording: Recording, steps: list[Recording]) -> None:
    for step in steps:
        _reject(step, "request", step.request_body.clipped, step.request_body.encoding, step.request_body.text)
    _reject(recording, "response", recording.reply_body.clipped, recording.reply_body.encoding)
    summary = recording.summary
    if summary.status >= 500 or summary.status == 429:
        why = f"the answer {summary.status} comes from a fault or from load"
        raise SaveTestError(f"{why}: no test can repeat it", "save a request that was answered otherwise")
    if summary.method == "DELETE" and summary.status < 300 and len(steps) == 1:
        where = f"{summary.method} {summary.target}"
        raise SaveTestError(f"{where} removed what no recorded request created", "create it first, and delete that")


def _reject(step: Recording, part: str, clipped: bool, encoding: str, text: str = "") -> None:
    if clipped or encoding or MASK in text:
        why = "was too large to be kept whole" if clipped else "is not text" if encoding else "had a credential in it"
        where = f"the {part} body of {step.summary.method} {step.summary.target}"
        raise SaveTestError(f"{where} {why}", "a test needs bodies that are recorded as they were")


def _notes(step: Recording, chosen: list[str], bound: set[str]) -> dict[str, Any]:
    user = user_of(step)
    rejected = step.summary.status in (401, 403) and step.summary.gateway_error is not None
    notes = {"user" if user in bound else "new_user": user, "chosen": chosen, "rejected": rejected}
    return {name: note for name, note in notes.items() if note}


def name_of_test(recording: Recording) -> str:
    """Return the name of the test, ``test_get_item_answers_200``."""
    summary = recording.summary
    name = summary.operation or f"{summary.method} {summary.target.partition('?')[0]}"
    words = re.sub(r"\W+", "_", snake_case(name)).strip("_").lower()
    return f"test_{words}_answers_{summary.status}"


def chosen_name(given: str) -> str:
    """Return the name of a test's function that a person has chosen, with ``test_`` before it. Raises SaveTestError."""
    name = f"test_{given.removeprefix('test_')}"
    if not name.isidentifier():
        raise SaveTestError(f"{given!r} is no name of a test", "write letters, digits and _")
    return name


def render(
    recording: Recording, steps: tuple[HttpExchange, ...], name: str = "", check: ReplayCheck = "response"
) -> tuple[str, str]:
    """Return the text of the test, and that of the archive beside it. ``name`` is its function's, ``""``: a made one.

    ``check`` says what of the response counts.
    """
    summary = recording.summary
    target = summary.target if len(summary.target) <= _LONGEST_TARGET else f"{summary.target[:_LONGEST_TARGET]}…"
    text = _TEST.format(
        when=datetime.fromtimestamp(summary.received, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        method=summary.method,
        target=json.dumps(target)[1:-1].replace('\\"', "'"),
        status=summary.status,
        id=summary.id,
        name=name or name_of_test(recording),
        check="" if check == "response" else f", check={json.dumps(check)}",
    )
    return text, to_har(steps)


def is_write(recording: Recording) -> bool:
    """Return whether a request may have changed something."""
    calls = recording.function.calls if recording.function else ()
    reading = bool(calls) and all(call.operation in ITEM_READ_ACTIONS for call in calls)
    return recording.summary.method not in SAFE_METHODS and not reading


def user_of(recording: Recording) -> str:
    """Return the subject of the token that a JWT or Cognito authorizer accepted, ``""`` for none."""
    event = parse_body(recording.function.event.data) if recording.function else None
    context = event.get("requestContext", {}) if isinstance(event, dict) else {}
    authorizer = context.get("authorizer") or {}
    claims = authorizer.get("claims") or (authorizer.get("jwt") or {}).get("claims") or {}
    return str(claims.get("sub", ""))


def _sent_values(recording: Recording) -> set[str]:
    """Return the values of a request: of its path, query and body, its ETags and its idempotency key."""
    query = recording.summary.target.partition("?")[2]
    values = {unquote(value) for _, value in recording.path_parameters}
    values |= {unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
    values |= {value for _, value in _leaves(parse_body(recording.request_body.data))}
    named = ("if-match", "if-none-match", _KEY)
    values |= {value for name, value in recording.request_headers if name.lower() in named}
    return values - {"", "*"}


def _shown_values(recording: Recording) -> set[str]:
    """Return the ids and cursors in the response of a request that succeeded."""
    if not 200 <= recording.summary.status < 300:
        return set()
    leaves = _leaves(parse_body(recording.reply_body.data))
    return {value for name, value in leaves if names_id(name) or is_opaque(value)}


def _named_ids(step: Recording) -> set[str]:
    """Return the values that name resources: words such as a category or a state tie no requests together."""
    leaves = [leaf for body in (step.request_body, step.reply_body) for leaf in _leaves(parse_body(body.data))]
    return {unquote(part) for _, part in step.path_parameters} | {text for name, text in leaves if names_id(name)}


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield property name and text of each text and number in a JSON value."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, name)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield name, str(value)
