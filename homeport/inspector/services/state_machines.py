"""State machines of Step Functions, their executions with input, output and history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.aws.call_errors import ServiceCallError, calls_in_words
from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    Action,
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    TextBlock,
    clip,
    json_of,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_EMPTY = "No state machines. Write one into deploy/resources.yaml: an AWS::StepFunctions::StateMachine"
_NO_EXECUTIONS = "No executions yet. Start one here, or have a function or a rule start it."
_PAGE = 100
_MOST_EVENTS = 1000
_FAILED = ("FAILED", "TIMED_OUT", "ABORTED")


def overview(site: SiteContext) -> ResourceList:
    """Return the state machines."""
    found = client(site, "stepfunctions").list_state_machines().get("stateMachines", [])
    rows = []
    for each in found:
        name = Cell(each["name"], url_for(".show_machine", arn=each["stateMachineArn"]))
        rows.append(Row((name, Cell(each.get("type", "STANDARD")))))
    return ResourceList("State machines", ("State machine", "Type"), tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of state machines and executions."""
    views = PageRegistry(pages)

    @views.page("/machines/<arn>")
    def show_machine(arn: str) -> ServicePage:
        states = client(site, "stepfunctions")
        found = states.describe_state_machine(stateMachineArn=arn)
        runs = states.list_executions(stateMachineArn=arn, maxResults=_PAGE).get("executions", [])
        fields = (
            FormField("input", "Input, as JSON", "{}", "area", required=True),
            FormField("name", "Name (else a new one)"),
        )
        return ServicePage(
            title=found["name"],
            parents=(("Services", url_for(".show_all")),),
            facts=(("Type", found.get("type", "STANDARD")), ("ARN", arn)),
            forms=(ActionForm("Start an execution", url_for(".start_execution", arn=arn), "Start", fields),),
            listings=(
                ResourceList(
                    "Executions", ("Execution", "Status", "Began", "Ended"), tuple(map(_row, runs)), _NO_EXECUTIONS
                ),
            ),
            texts=(TextBlock("Definition", found.get("definition", "")),),
        )

    @views.action("/machines/<arn>/start")
    def start_execution(arn: str, sent: Mapping[str, Any]) -> Done:
        given = text_of(sent, "input", "the input")
        json_of(given, "the input")
        named = {"name": str(sent["name"])} if sent.get("name") else {}
        made = client(site, "stepfunctions").start_execution(stateMachineArn=arn, input=given, **named)
        return Done("Started.", to=url_for(".show_execution", arn=made["executionArn"]))

    @views.page("/executions/<arn>")
    def show_execution(arn: str) -> ServicePage:
        states = client(site, "stepfunctions")
        found = states.describe_execution(executionArn=arn)
        machine = found["stateMachineArn"]
        texts = [TextBlock("Input", found.get("input", "{}"))]
        texts += [TextBlock(label, str(found[name])) for label, name in _ENDS if found.get(name)]
        stop = Action("Stop", url_for(".stop_execution", arn=arn), asks=True)
        return ServicePage(
            title=found.get("name", arn),
            parents=(
                ("Services", url_for(".show_all")),
                (machine.rpartition(":")[2], url_for(".show_machine", arn=machine)),
            ),
            facts=(
                ("Status", found["status"]),
                ("Began", _when(found.get("startDate"))),
                ("Ended", _when(found.get("stopDate"))),
            ),
            actions=(stop,) if found["status"] == "RUNNING" else (),
            listings=(_history(states, arn),),
            texts=tuple(texts),
        )

    @views.action("/executions/<arn>/stop")
    def stop_execution(arn: str, sent: Mapping[str, Any]) -> Done:
        client(site, "stepfunctions").stop_execution(executionArn=arn)
        return Done("Stopped.")


_ENDS = (("Output", "output"), ("Error", "error"), ("Cause", "cause"))


def _row(each: Mapping[str, Any]) -> Row:
    status = Cell(each["status"], kind="error" if each["status"] in _FAILED else "")
    name = Cell(each["name"], url_for(".show_execution", arn=each["executionArn"]))
    return Row((name, status, Cell(_when(each.get("startDate"))), Cell(_when(each.get("stopDate")))))


def _history(states: Any, arn: str) -> ResourceList:
    try:
        with calls_in_words():
            found = states.get_execution_history(executionArn=arn, maxResults=_MOST_EVENTS).get("events", [])
    except ServiceCallError as error:
        # An Express execution has its history in its log group.
        return ResourceList("History", (), (), f"There is no history: {error}")
    rows = tuple(_event_row(each) for each in found)
    return ResourceList("History", ("Step", "Event", "At", "Details"), rows, "Nothing has happened yet.")


def _event_row(event: Mapping[str, Any]) -> Row:
    details: Any = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    text = json.dumps(details, ensure_ascii=False, default=str) if details else ""
    failed = any(word in event["type"] for word in ("Failed", "TimedOut", "Aborted"))
    kind = "error" if failed else ""
    cells = (Cell(str(event["id"]), kind="number"), Cell(event["type"], kind=kind), Cell(_when(event.get("timestamp"))))
    return Row((*cells, Cell(clip(text), kind="target")))


def _when(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value is not None else ""
