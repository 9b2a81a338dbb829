"""A create that wants what another one has is refused, where the words of its 409 say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.methods import taken_values
from homeport.contract.checks.runner import CheckOptions, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.answering_server import AnsweringServer
from tests.support.library_api import Library, library_session
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, objects, takes

(CHECK,) = [one for one in taken_values.CHECKS if one.name == "taken-is-refused"]
_MAIL = {"type": "string", "format": "email", "maxLength": 80}
_SHOWN = objects("memberId", "email", "hour", memberId=TEXT, email=_MAIL, hour=TEXT)
_HOUR = {"type": "string", "pattern": "^h[0-9]{6}$"}


class LendsTwice(Library):
    """A library that lends a copy to everybody."""

    def is_lent(self, copy: str) -> bool:
        return False


@pytest.mark.parametrize(("library", "subjects"), [(Library, []), (LendsTwice, ["/copyId"])])
def test_a_copy_that_is_on_loan_is_not_lent_again(tmp_path: Path, library: type[Library], subjects: list[str]) -> None:
    served = library()
    with served.serving():
        session = library_session(tmp_path, served)
        loans = session.model.find("loans")
        assert loans is not None
        found = list(CHECK.run(session, loans))
        assert [one.subject for one in found] == subjects
        assert served.sent.count("POST /loans") > 2


class Members(AnsweringServer):
    """Members of a club, each with an address of mail and an hour that no other one has."""

    def __init__(self) -> None:
        self.members: dict[str, dict[str, Any]] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        match method, path:
            case "POST", ["members"]:
                if any(self.same(one["email"], body["email"]) for one in self.members.values()):
                    return 409, {}
                if any(one["hour"] == body["hour"] for one in self.members.values()):
                    return 409, {}
                made = {"memberId": f"m{len(self.members)}", **body}
                self.members[made["memberId"]] = made
                return 201, made
            case "POST", ["members", id_, "move"] if id_ in self.members:
                if not self.may_move(body["hour"]):
                    return 409, {}
                self.members[id_] = {**self.members[id_], "hour": body["hour"]}
                return 200, self.members[id_]
            case "GET", ["members", id_] if id_ in self.members:
                return 200, self.members[id_]
        return 404, {}

    def same(self, one: str, other: str) -> bool:
        """Return whether two addresses are one."""
        return one.lower() == other.lower()

    def may_move(self, hour: str) -> bool:
        """Return whether nobody has an hour."""
        return all(one["hour"] != hour for one in self.members.values())


class TellsCasesApart(Members):
    def same(self, one: str, other: str) -> bool:
        return one == other


class MovesOntoOthers(Members):
    def may_move(self, hour: str) -> bool:
        return True


class MovesAnywhereWithoutAPromise(MovesOntoOthers):
    conflict = "The member was moved meanwhile."


def _members_document(conflict: str) -> dict[str, Any]:
    def with_409(operation: dict[str, Any], words: str, **more: str) -> dict[str, Any]:
        return {**operation, **more, "responses": {**operation["responses"], "409": {"description": words}}}

    add = takes(objects("email", "hour", email=_MAIL, hour=_HOUR), answers(_SHOWN, "201"))
    unique = "The address is unique. No two members have the same email, whatever the case of its letters: it is taken."
    move = takes(objects("hour", hour=_HOUR), answers(_SHOWN))
    return {
        "paths": {
            "/members": {"post": with_409(add, "The hour or the email is taken.", description=unique)},
            "/members/{memberId}": {"get": answers(_SHOWN)},
            "/members/{memberId}/move": {"post": with_409(move, conflict)},
        }
    }


@pytest.mark.parametrize(
    ("members", "found"),
    [
        (Members, []),
        (TellsCasesApart, [("taken-in-any-case", "/email")]),
        (MovesOntoOthers, [("taken-is-not-moved-to", "/hour")]),
        (MovesAnywhereWithoutAPromise, []),
    ],
)
def test_hour_or_address_of_another_member_is_rejected(
    tmp_path: Path, members: type[Members], found: list[tuple[str, str]]
) -> None:
    served = members()
    document = _members_document(getattr(members, "conflict", "The hour is taken."))
    with served.serving():
        results = run_checks(
            book_project(tmp_path),
            infer_model(api_of(document)),
            [Client(served.url)],
            CheckOptions(1),
            checks=taken_values.CHECKS,
        )
    assert results.crashes == []
    assert [(one.check, one.subject) for one in results.findings] == found
