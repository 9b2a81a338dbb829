"""The actions after which another one is accepted are found by trial: an invoice is sent before it is paid."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.concurrency.write_pairs import existing_pairs
from homeport.contract.checks.methods import actions
from homeport.contract.checks.prerequisite_steps import find_prerequisites, make_ready
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.values import Values
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, objects, takes

STATES = {"send": ("draft", "sent"), "pay": ("sent", "paid"), "refund": ("paid", "refunded"), "void": ("never", "void")}
INVOICE = objects("id", id=TEXT, title=TEXT, status={"type": "string", "enum": ["draft", "sent", "paid", "refunded"]})
PATHS = {
    "/invoices": {"post": takes(objects("title", title=TEXT), answers(INVOICE, "201"))},
    "/invoices/{id}": {"get": answers(INVOICE)},
    **{f"/invoices/{{id}}/{action}": {"post": answers(INVOICE)} for action in STATES},
}


class Billing(AnsweringServer):
    """Invoices, whose actions lead from one state to another."""

    def __init__(self) -> None:
        self.invoices: dict[str, dict[str, Any]] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path == ["invoices"]:
            id_ = f"i{len(self.invoices)}"
            self.invoices[id_] = {"id": id_, "title": body["title"], "status": "draft"}
            return 201, self.invoices[id_]
        invoice = self.invoices[path[1]]
        if method == "POST":
            origin, target = STATES[path[2]]
            if invoice["status"] != origin:
                return 409, {"detail": f"the invoice is {invoice['status']}"}
            invoice["status"] = target
        return 200, invoice


@pytest.fixture
def session(tmp_path: Path) -> Any:
    """Yield a check's session with billing."""
    document = {"paths": PATHS}
    generator = random.Random(1)
    billing = Billing()
    with billing.serving():
        values = Values(document, generator)
        yield Session(book_project(tmp_path), infer_model(api_of(document)), Client(billing.url), generator, values)


def invoices(session: Session) -> Resource:
    """Return the resource."""
    found = session.model.find("invoices")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("action", "way"), [("send", []), ("pay", ["send"]), ("refund", ["send", "pay"]), ("void", [])]
)
def test_a_way_leads_to_each_action_that_has_one(session: Session, action: str, way: list[str]) -> None:
    resource = invoices(session)
    (operation,) = [one for one in resource.actions if one.path.endswith(action)]
    assert [one.operation.path.rpartition("/")[2] for one in find_prerequisites(session, resource, operation)] == way


def test_a_resource_that_is_ready_has_the_answers_that_made_it_so(session: Session) -> None:
    resource = invoices(session)
    (refund,) = [one for one in resource.actions if one.path.endswith("refund")]
    made = make_ready(session, resource, refund)
    assert made is not None
    assert made.representation["status"] == "paid"
    assert [one.json["status"] for one in made.before] == ["draft", "sent"]


def test_pairs_of_writes_begin_in_a_state_in_which_the_first_is_accepted(session: Session) -> None:
    made = session.make(invoices(session))
    assert made is not None
    pairs = {one[0].first.operation.path: one[0] for one in existing_pairs(session, invoices(session), made)}
    before = [one.operation.path for one in pairs["/invoices/{id}/refund"].before]
    assert before == ["/invoices/{id}/send", "/invoices/{id}/pay"]


PARCEL = objects("id", id=TEXT, status={"type": "string", "enum": ["booked", "moving", "arrived", "lost"]})
SCAN = {"type": "string", "enum": ["moving", "arrived"]}
PROOF = objects("signer", signer=TEXT)
REJECTED = {"409": {"description": "The parcel's status forbids it."}}


def _may_conflict(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**operation, **more, "responses": {**operation["responses"], **REJECTED}}


PARCEL_PATHS = {
    "/parcels": {"post": takes(objects("note", note=TEXT), answers(PARCEL, "201"))},
    "/parcels/{id}": {"get": answers(PARCEL)},
    "/parcels/{id}/scans": {
        "post": takes(objects("kind", kind=SCAN), answers(objects("scanId", "kind", scanId=TEXT, kind=SCAN), "201")),
        "get": answers(objects(scans={"type": "array", "items": objects("scanId", "kind", scanId=TEXT, kind=SCAN)})),
    },
    "/parcels/{id}/return": {"post": _may_conflict(answers(PARCEL), description="Only from arrived, else 409.")},
    "/parcels/{id}/proof": {"put": _may_conflict(takes(PROOF, answers(PROOF))), "get": answers(PROOF)},
}


class Parcels(AnsweringServer):
    """Parcels whose scans lead from one state to another."""

    def __init__(self) -> None:
        self.parcels: dict[str, dict[str, Any]] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path == ["parcels"]:
            id_ = f"p{len(self.parcels)}"
            self.parcels[id_] = {"id": id_, "status": "booked"}
            return 201, self.parcels[id_]
        parcel = self.parcels[path[1]]
        match method, path[2:]:
            case "POST", ["scans"]:
                parcel["status"] = body["kind"]
                return 201, {"scanId": f"s{len(self.sent)}", "kind": body["kind"]}
            case "POST", ["return"]:
                return (200, parcel) if self.may_return(parcel["status"]) else (409, {})
            case "PUT", ["proof"]:
                return (200, body) if parcel["status"] == "arrived" else (409, {})
        return 200, parcel

    def may_return(self, status: str) -> bool:
        """Return whether a parcel in a state can be sent back."""
        return status == "arrived"


class ReturnsWhatIsMoving(Parcels):
    def may_return(self, status: str) -> bool:
        return status in ("moving", "arrived")


@pytest.fixture
def parcels(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Yield a check's session with parcels."""
    document = {"paths": PARCEL_PATHS}
    generator = random.Random(1)
    served = getattr(request, "param", Parcels)()
    with served.serving():
        values = Values(document, generator)
        yield Session(book_project(tmp_path), infer_model(api_of(document)), Client(served.url), generator, values)


def test_an_entry_below_leads_to_a_state(parcels: Session) -> None:
    resource = parcels.model.find("parcels")
    assert resource is not None
    (action,) = resource.actions
    assert [one.choice for one in find_prerequisites(parcels, resource, action)] == [{"kind": "arrived"}]


def test_a_part_of_a_resource_is_made_once_an_entry_has_led_to_its_state(parcels: Session) -> None:
    proof = parcels.model.find("proof")
    assert proof is not None
    made = parcels.make(proof)
    assert made is not None
    assert made.answer.status == 200
    assert parcels.untested_reasons == []


@pytest.mark.parametrize(("parcels", "found"), [(Parcels, 0), (ReturnsWhatIsMoving, 1)], indirect=["parcels"])
def test_an_action_from_a_state_that_an_entry_leads_to_is_found(parcels: Session, found: int) -> None:
    (check,) = [one for one in actions.CHECKS if one.name == "actions-go-from-documented-states"]
    resource = parcels.model.find("parcels")
    assert resource is not None
    assert len(list(check.run(parcels, resource))) == found
