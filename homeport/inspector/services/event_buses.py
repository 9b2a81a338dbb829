"""Event buses of EventBridge, their rules, and events put by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.errors import HomeportError
from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    json_of,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_EMPTY = "No event buses. Write one into deploy/resources.yaml: Orders: {Type: AWS::Events::EventBus}"
_NO_RULES = "No rules. Write one into deploy/resources.yaml: an AWS::Events::Rule with an EventPattern and Targets"


def overview(site: SiteContext) -> ResourceList:
    """Return the event buses with the number of their rules."""
    events = client(site, "events")
    rows = []
    for each in events.list_event_buses().get("EventBuses", []):
        count = len(events.list_rules(EventBusName=each["Name"]).get("Rules", []))
        name = Cell(each["Name"], url_for(".show_bus", name=each["Name"]))
        rows.append(Row((name, Cell(str(count), kind="number"))))
    return ResourceList("Event buses", ("Bus", "Rules"), tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of event buses."""
    views = PageRegistry(pages)

    @views.page("/buses/<name>")
    def show_bus(name: str) -> ServicePage:
        events = client(site, "events")
        rules = events.list_rules(EventBusName=name).get("Rules", [])
        rows = tuple(_rule_row(events, name, each) for each in rules)
        fields = (
            FormField("source", "Source", "my.app", required=True),
            FormField("type", "Detail type", "Something Happened", required=True),
            FormField("detail", "Detail, as JSON", "{}", "area", required=True),
        )
        return ServicePage(
            title=name,
            parents=(("Services", url_for(".show_all")),),
            forms=(ActionForm("Put an event", url_for(".put_event", name=name), "Put", fields),),
            listings=(ResourceList("Rules", ("Rule", "Pattern or schedule", "State", "Targets"), rows, _NO_RULES),),
        )

    @views.action("/buses/<name>/put")
    def put_event(name: str, sent: Mapping[str, Any]) -> Done:
        detail = text_of(sent, "detail", "the detail")
        json_of(detail, "the detail")
        entry = {
            "EventBusName": name,
            "Source": text_of(sent, "source", "the source"),
            "DetailType": text_of(sent, "type", "the detail type"),
            "Detail": detail,
        }
        (found,) = client(site, "events").put_events(Entries=[entry])["Entries"]
        if found.get("ErrorCode"):
            raise HomeportError(f"{found['ErrorCode']}: {found.get('ErrorMessage', '')}")
        return Done(f"Put the event {found['EventId']}.")


def _rule_row(events: Any, bus: str, rule: Mapping[str, Any]) -> Row:
    targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus).get("Targets", [])
    names = ", ".join(each["Arn"].split(":", 5)[-1] for each in targets)
    when = rule.get("EventPattern") or rule.get("ScheduleExpression", "")
    cells = (Cell(rule["Name"]), Cell(when, kind="target"), Cell(rule.get("State", "")), Cell(names, kind="target"))
    return Row(cells)
