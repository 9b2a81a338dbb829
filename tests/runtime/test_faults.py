"""Faults as ``--fault`` has them: parsed, checked against the project, and turned into rules for workers."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from homeport.project.model import Resources, Source, Table
from homeport.runtime.faults import (
    Effect,
    ErrorResponse,
    Fault,
    FaultError,
    Faults,
    InvocationFaults,
    Latency,
    NoResponse,
    ShortPage,
    Unprocessed,
    check_faults,
    fault_rules,
    hold_fault,
    parse_fault,
)
from homeport.runtime.worker.faults import FaultInjector

SOURCE = Source("deploy/resources.yaml", 1)
RESOURCES = Resources(
    {
        "ItemsTable": Table(
            "ItemsTable", "items-local-ItemsTable", {"GlobalSecondaryIndexes": [{"IndexName": "by.status"}]}, SOURCE
        )
    }
)
THROTTLED = ErrorResponse("ProvisionedThroughputExceededException")


@pytest.mark.parametrize(
    ("target", "table", "index", "action"),
    [
        ("ItemsTable.PutItem", "ItemsTable", "", "PutItem"),
        ("ItemsTable/by.status.Query", "ItemsTable", "by.status", "Query"),
        ("ItemsTable/by.status", "ItemsTable", "by.status", "*"),
        ("ItemsTable/*.Query", "ItemsTable", "*", "Query"),
        ("ItemsTable.*", "ItemsTable", "", "*"),
        ("ItemsTable", "ItemsTable", "", "*"),
        ("*.PutItem", "*", "", "PutItem"),
        ("*", "*", "", "*"),
    ],
)
def test_a_target_is_a_table_or_an_index_and_an_action(target: str, table: str, index: str, action: str) -> None:
    text = f"{target}=timeout"
    assert parse_fault(text) == Fault(table, index, action, NoResponse(done=False), 1.0, text)


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        ("ProvisionedThroughputExceeded", THROTTLED),
        ("ProvisionedThroughputExceededException", THROTTLED),
        ("ThrottlingException", ErrorResponse("ThrottlingException")),
        ("InternalServerError", ErrorResponse("InternalServerError")),
        ("ServiceUnavailable", ErrorResponse("ServiceUnavailable")),
        ("TransactionCanceledException", ErrorResponse("TransactionCanceledException", "TransactionConflict")),
        ("TransactionCanceled:ThrottlingError", ErrorResponse("TransactionCanceledException", "ThrottlingError")),
        ("latency:200ms", Latency(0.2)),
        ("latency:1.5s", Latency(1.5)),
        ("timeout", NoResponse(done=False)),
        ("lost", NoResponse(done=True)),
        ("unprocessed", Unprocessed(0.5)),
        ("unprocessed:0.25", Unprocessed(0.25)),
        ("page", ShortPage(1)),
        ("page:25", ShortPage(25)),
    ],
)
def test_a_kind_is_an_error_of_dynamodb_or_one_of_our_words(kind: str, effect: Effect) -> None:
    assert parse_fault(f"*={kind}@0.1").effect == effect


@pytest.mark.parametrize(("text", "probability"), [("@0.1", 0.1), ("@.5", 0.5), ("@1", 1.0), ("", 1.0)])
def test_a_fault_without_a_probability_always_happens(text: str, probability: float) -> None:
    assert parse_fault(f"*=timeout{text}").probability == probability


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "has no target or no kind", "NotesTable.PutItem=ThrottlingException@0.1"),
        ("ItemsTable.PutItem", "has no target or no kind", "write TARGET=KIND@PROBABILITY"),
        ("=timeout", "has no target", "write"),
        ("ItemsTable.PutItm=timeout", "'PutItm', which is no action", "did you mean PutItem?"),
        ("ItemsTable/=timeout", "has the target", "TABLE/INDEX"),
        ("*=Throtling", "'Throtling', which is no error of DynamoDB", "did you mean Throttling"),
        ("*=latency", "has the latency ''", "latency:200ms"),
        ("*=latency:200", "has the latency '200'", "latency:200ms"),
        ("*=latency:901s", "has the latency '901s'", "up to 900s"),
        ("*=timeout:5s", "gives timeout an argument", "write timeout alone"),
        ("*=ThrottlingException:x", "gives ThrottlingException an argument", "alone"),
        ("*=unprocessed:0", "has the share '0'", "above 0"),
        ("*=page:0", "has the page '0'", "the number of items"),
        ("*.GetItem=page", "can't happen to GetItem", "Query, Scan"),
        ("*=timeout@0", "has the probability '0'", "above 0"),
        ("*=timeout@1.1", "has the probability '1.1'", "up to 1"),
        ("*=timeout@10%", "has the probability '10%'", "up to 1"),
        ("*=timeout@", "has the probability ''", "up to 1"),
        ("*.PutItem=unprocessed", "can't happen to PutItem", "BatchGetItem, BatchWriteItem"),
        ("*.PutItem=TransactionCanceled", "can't happen to PutItem", "TransactWriteItems"),
        ("*=TransactionCanceled:Conflict", "'Conflict', no reason to cancel", "TransactionConflict"),
    ],
)
def test_a_text_that_is_no_fault_is_explained(text: str, message: str, hint: str) -> None:
    with pytest.raises(FaultError) as failure:
        parse_fault(text)
    assert message in failure.value.message
    assert hint in failure.value.hint


@pytest.mark.parametrize(
    ("target", "hint"),
    [("ItemTable", "did you mean ItemsTable?"), ("ItemsTable/by.statu.Query", "did you mean by.status?")],
)
def test_an_unknown_table_or_index_is_explained(target: str, hint: str) -> None:
    with pytest.raises(FaultError, match=r"names the (table|index)") as failure:
        check_faults(Faults((parse_fault(f"{target}=timeout"),)), RESOURCES)
    assert failure.value.hint == hint


def test_known_tables_and_indexes_pass() -> None:
    targets = ("*", "ItemsTable", "ItemsTable/*", "ItemsTable/by.status.Query")
    check_faults(Faults(tuple(parse_fault(f"{target}=timeout") for target in targets)), RESOURCES)


def test_rules_have_the_tables_names_in_the_stage() -> None:
    texts = ("ItemsTable/by.status.Query=latency:200ms@0.5", "*=unprocessed:0.25", "ItemsTable=lost")
    order = fault_rules(Faults(tuple(map(parse_fault, texts)), seed=7), RESOURCES.tables)
    assert order == json.loads(json.dumps(order))
    assert order is not None and order["seed"] == 7
    query, batch, lost = order["rules"]
    assert query == {
        "text": texts[0],
        "on": "items-local-ItemsTable/index/by.status",
        "actions": ["Query"],
        "probability": 0.5,
        "latency": 0.2,
    }
    assert (batch["on"], batch["actions"], batch["unprocessed"]) == ("*", ["BatchGetItem", "BatchWriteItem"], 0.25)
    assert (lost["on"], lost["silent"]) == ("items-local-ItemsTable", "done")


def test_no_faults_give_no_rules() -> None:
    assert fault_rules(Faults(), RESOURCES.tables) is None


def test_each_invocation_gets_its_number() -> None:
    due = InvocationFaults()
    assert due.of_next() is None
    due.set({"seed": 1})
    assert [due.of_next(), due.of_next()] == [{"seed": 1, "call": 1}, {"seed": 1, "call": 2}]
    due.set({"seed": 2})
    assert due.of_next() == {"seed": 2, "call": 1}


def test_held_call_is_a_rule_with_the_address_of_who_waits_for_it() -> None:
    rules = fault_rules(Faults((hold_fault("ItemsTable.PutItem", "@place"),)), RESOURCES.tables)
    assert rules is not None
    (rule,) = rules["rules"]
    assert (rule["on"], rule["actions"], rule["held"]) == ("items-local-ItemsTable", ["PutItem"], "@place")


def test_call_without_faults_and_holds_is_not_looked_at() -> None:
    injector = FaultInjector(pytest.fail)
    injector.set(None, "request")
    # The rest of the arguments would have to be looked at.
    unused = cast(Any, None)
    assert injector.apply("PutItem", unused, unused) is None


@pytest.mark.parametrize(
    ("text", "service", "action", "effect"),
    [
        ("sqs:SendMessage=throttled@0.5", "sqs", "SendMessage", ErrorResponse("throttled")),
        ("s3:*=NoSuchKey", "s3", "*", ErrorResponse("NoSuchKey")),
        ("states:StartExecution=latency:2s", "states", "StartExecution", Latency(2.0)),
        ("lambda:Invoke=lost", "lambda", "Invoke", NoResponse(done=True)),
    ],
)
def test_fault_of_a_service_is_read(text: str, service: str, action: str, effect: Effect) -> None:
    fault = parse_fault(text)
    assert (fault.service, fault.action, fault.effect, fault.text) == (service, action, effect, text)
    check_faults(Faults((fault,)), RESOURCES)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sqss:SendMessage=throttled", "names the service 'sqss' .*sqs"),
        ("dynamodb:PutItem=throttled", r"write \*.PutItem, or a table"),
        ("sqs:send_message=throttled", "names the action 'send_message'"),
        ("sqs:SendMessage=thrott", "names 'thrott', which is no kind of fault .*throttled, error, unavailable"),
        ("sqs:SendMessage=page:1", "gives page an argument"),
        ("sqs:SendMessage=latency", "has the latency ''"),
    ],
)
def test_text_that_is_no_fault_of_a_service_is_explained(text: str, problem: str) -> None:
    with pytest.raises(FaultError, match=problem):
        parse_fault(text)


def test_service_in_place_of_a_table_is_explained() -> None:
    with pytest.raises(FaultError, match=r"write sqs:\* for every call of the service"):
        check_faults(Faults((parse_fault("sqs=timeout"),)), RESOURCES)
