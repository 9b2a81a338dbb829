"""Prerequisites of a recorded request: the earlier requests that it needs to get the same response again. Pure.

Values are followed. A request needs the writes whose response returned a value that it uses, later writes about that
value, and in turn what these need. A value that the client chose and created counts as returned by the creation. A
list needs the writes of the items that it shows, and a user's request the same user's writes about the same ids.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

from homeport.contract.fixtures.matchers import TIME, names_id
from homeport.contract.remote_data import id_in_body, id_in_path, id_parameter
from homeport.dynamodb.embedded import ITEM_READ_ACTIONS
from homeport.http_headers import header_value
from homeport.project.model import Api
from homeport.recordings.recording import Recording

_WRITES = frozenset(("DELETE", "PATCH", "POST", "PUT"))
# Of a list in a response, so many items are followed.
_MOST_ITEMS = 10
_SHORTEST_OPAQUE = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """The step that a value is from. ``expression`` reads it from that step's response, ``""``: the client chose it."""

    step: int
    name: str
    expression: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class SavedSteps:
    """The requests of a test: ``steps`` maps positions to recordings in order; the last is the saved one.

    ``origins`` maps values to where they are from. ``users`` are the recorded users that a new one can replace.
    """

    steps: Mapping[int, Recording]
    origins: Mapping[str, Origin]
    users: frozenset[str]

    @property
    def last(self) -> int:
        """The position of the saved request."""
        return max(self.steps)


@dataclass(slots=True)
class _History:
    api: Api
    origins: dict[str, Origin] = field(default_factory=dict)
    needs: list[set[int]] = field(default_factory=list)
    about: dict[str, list[int]] = field(default_factory=dict)
    by_user: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    answered: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    def add(self, step: Recording) -> None:
        """Note what a request needs, and then what it gives."""
        number, user = len(self.needs), user_of(step)
        used, shown = sent_values(step), shown_ids(step)
        own, _ = self._created_id(step)
        created = {own} if own in used and self._is_new(own, step) else set()
        wanted = (used | shown if step.summary.method == "GET" or user else used) - created
        self.needs.append({one for value in wanted for one in self.about.get(value, ())})
        if user:
            self.needs[number].update(one for value in wanted for one in self.by_user[user, value])
        key = header_value(step.request_headers, "idempotency-key")
        if key and key not in self.origins:
            self._create(key, Origin(number, "idempotency_key"))
        if 200 <= step.summary.status < 300:
            self._note_success(number, step, bool(created))
        if step.summary.method in ("GET", "HEAD"):
            change = self.absent.add if step.summary.status in (404, 410) else self.absent.discard
            change(_path(step))

    def _note_success(self, number: int, step: Recording, created: bool) -> None:
        used, shown = sent_values(step), shown_ids(step)
        own, name = self._created_id(step)
        if created:
            self._create(own, Origin(number, name, path=_path(step)))
        elif not header_value(step.request_headers, "idempotency-key"):
            self.origins.pop(own, None)
        self._note_returned(number, step, used, own)
        if own and own not in self.origins:
            self._create(own, Origin(number, name, '.headers["Location"].rstrip("/").rpartition("/")[2]'))
        for value in used | shown if is_write(step) else ():
            if number not in self.about.get(value, (number,)):
                self.about[value].append(number)
            self.by_user[user_of(step), value].append(number)
        self.answered |= shown

    def _is_new(self, own: str, step: Recording) -> bool:
        """Return whether a request made the id that it names; a PUT may have put something known into a new place."""
        known = self.origins.get(own)
        if step.summary.method == "POST" or (known is not None and known.path == _path(step)):
            return True
        return known is None and own not in self.answered

    def _note_returned(self, number: int, step: Recording, used: set[str], own: str) -> None:
        writes = is_write(step)
        for path, leaf, value in leaves(parse_json(step.reply_body.text)):
            text = str(value)
            made = text == own or (text not in self.answered and (is_opaque(text) or step.summary.status == 201))
            known = text in used or text in self.origins or isinstance(value, bool | float)
            named = is_opaque(text) and len(path) == 1 if not writes else made and (names_id(leaf) or is_opaque(text))
            if named and not known and not re.fullmatch(TIME, text):
                keys = "".join(f"[{json.dumps(key)}]" for key in path)
                self._create(text, Origin(number, leaf, f".json(){keys}"))
        etag = header_value(step.reply_headers, "etag")
        # An ETag such as "1" may be that of many resources: the last response that had it counts.
        if etag and etag not in used and (etag not in self.origins or not is_opaque(etag)):
            self._create(etag, Origin(number, "etag", '.headers["ETag"]'))

    def _created_id(self, step: Recording) -> tuple[str, str]:
        """Return the id of the resource that a request created, and its name; empty where it created none."""
        operation = self.api.operations_by_id.get(step.summary.operation or "")
        path = operation.path if operation else ""
        new = step.summary.status == 201 or (step.summary.method == "PUT" and _path(step) in self.absent)
        if not new or not is_write(step):
            return "", ""
        if step.summary.method == "PUT":
            return id_in_path(step.summary.target), re.sub(r"\W", "", path.rpartition("/")[2]) or "id"
        name = id_parameter((other.path for other in self.api.operations), path)
        location = header_value(step.reply_headers, "location")
        found = (id_in_path(location),) if location else id_in_body(step.reply_body.data, name)
        return (found or ("",))[0], name

    def _create(self, value: str, origin: Origin) -> None:
        self.origins[value] = origin
        self.about[value] = [origin.step]


def find_steps(recording: Recording, earlier: Iterable[Recording], api: Api) -> SavedSteps:
    """Return what a test of a recording sends; ``earlier`` are the recordings before it, the latest first."""
    history = [*reversed(list(earlier)), recording]
    found = _History(api)
    for step in history:
        found.add(step)
    chosen, open_ = set[int](), [len(history) - 1]
    while open_:
        number = open_.pop()
        if number not in chosen:
            chosen.add(number)
            open_ += found.needs[number]
    steps = {number: history[number] for number in sorted(chosen)}
    origins = found.origins
    explained = {value for value, origin in origins.items() if origin.step in chosen}
    explained |= {value for step in steps.values() for value in sent_values(step)}
    users = {user for step in steps.values() if (user := user_of(step))}
    bound = {user_of(step) for step in steps.values() if not shown_ids(step) <= explained}
    return SavedSteps(steps, origins, frozenset(users - bound))


def is_write(recording: Recording) -> bool:
    """Return whether a request may have changed something."""
    calls = recording.function.calls if recording.function else ()
    reading = bool(calls) and all(call.operation in ITEM_READ_ACTIONS for call in calls)
    return recording.summary.method in _WRITES and not reading


def user_of(recording: Recording) -> str:
    """Return the subject of the token that a JWT or Cognito authorizer accepted, ``""`` for none."""
    event = parse_json(recording.function.event.text) if recording.function else None
    context = event.get("requestContext", {}) if isinstance(event, dict) else {}
    authorizer = context.get("authorizer") or {}
    claims = authorizer.get("claims") or (authorizer.get("jwt") or {}).get("claims") or {}
    return str(claims.get("sub", ""))


def sent_values(recording: Recording) -> set[str]:
    """Return the values of a request: of its path, query and body, its ETags and its idempotency key."""
    query = recording.summary.target.partition("?")[2]
    values = {unquote(value) for _, value in recording.path_parameters}
    values |= {unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
    values |= {str(value) for _, _, value in leaves(parse_json(recording.request_body.text))}
    named = ("if-match", "if-none-match", "idempotency-key")
    values |= {value for name, value in recording.request_headers if name.lower() in named}
    return values - {"", "*"}


def shown_ids(recording: Recording) -> set[str]:
    """Return the ids in the response of a request that succeeded."""
    if not 200 <= recording.summary.status < 300:
        return set()
    return {
        str(value)
        for path, name, value in leaves(parse_json(recording.reply_body.text))
        if names_id(name) and not any(isinstance(key, int) and key >= _MOST_ITEMS for key in path)
    }


def leaves(value: Any, name: str = "", path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """Yield path, property name and value of each text and number in a JSON value."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, key, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from leaves(part, name, (*path, index))
    elif value is not None and value != "":
        yield path, name, value


def parse_json(text: str) -> Any:
    """Return a body as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_opaque(text: str) -> bool:
    """Return whether a text looks like an id, a cursor or a digest, not like a word."""
    return len(text) >= _SHORTEST_OPAQUE and re.search(r"\d", text) is not None and not re.search(r"\s", text)


def _path(recording: Recording) -> str:
    return recording.summary.target.partition("?")[0]
