"""The functions of the project: each with its triggers, invoked with an event; and the schedules, run at once.

Lambda itself is the gateway's: functions run in its pool, as those of requests do.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, url_for

from homeport.errors import HomeportError
from homeport.inspector.services.page import (
    Action,
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    clip,
    json_of,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext
from homeport.project.model import Function, effective_settings
from homeport.project.project import Project
from homeport.project.triggers.function_references import function_name
from homeport.triggers.events.schedule import find_schedule, schedules_of
from homeport.triggers.function_client import FunctionClient
from homeport.triggers.run_schedule import next_time, run_schedule

_NO_FUNCTIONS = "No functions. Write an operation into openapi.yaml, or run homeport add."
_NO_SCHEDULES = (
    "No schedules. Write one into deploy/resources.yaml: an AWS::Events::Rule with a ScheduleExpression and a function "
    "as its target"
)


def overview(site: SiteContext) -> ResourceList:
    """Return the functions with what invokes them."""
    project = site.projects.current()
    rows = tuple(_function_row(each, function) for each, function in _functions(project).values())
    return ResourceList("Functions", ("Function", "Runtime", "Invoked by"), rows, _NO_FUNCTIONS)


def schedule_overview(site: SiteContext) -> ResourceList:
    """Return the schedules with their next times."""
    now = datetime.now(UTC)
    rows = []
    for trigger in schedules_of(site.projects.current().triggers):
        cells = (
            Cell(trigger.id),
            Cell(trigger.text, kind="target"),
            Cell(trigger.function),
            Cell(next_time(trigger, now)),
        )
        rows.append(Row(cells, (Action("Run now", url_for(".run_now", id=trigger.id)),)))
    return ResourceList("Schedules", ("Schedule", "Expression", "Function", "Next"), tuple(rows), _NO_SCHEDULES)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of functions and schedules."""
    views = PageRegistry(pages)

    @views.page("/functions/<name>")
    def show_function(name: str) -> ServicePage:
        project, function = _function(site, name)
        settings = effective_settings(function, project.stage)
        fields = (
            FormField("event", "Event, as JSON", _sample(project, name), "area", required=True),
            FormField("kind", "Invocation type", "RequestResponse", "select", ("RequestResponse", "Event")),
        )
        return ServicePage(
            title=name,
            parents=(("Services", url_for(".show_all")),),
            facts=(
                ("AWS's name", function_name(function, project.stage)),
                ("runtime", function.runtime or project.stage.runtime),
                ("memory, MB", str(settings.memory)),
                ("timeout, s", str(settings.timeout)),
            ),
            links=(("Its runs", url_for("runs.show_list", function=name)),),
            forms=(ActionForm("Invoke it", url_for(".invoke", name=name), "Invoke", fields),),
        )

    @views.action("/functions/<name>/invoke")
    def invoke(name: str, sent: Mapping[str, Any]) -> Done:
        project, function = _function(site, name)
        event = text_of(sent, "event", "the event")
        json_of(event, "the event")
        client = FunctionClient(_lambda_api(site), project.stage.region)
        reference = function_name(function, project.stage)
        if sent.get("kind") == "Event":
            return Done(f"Taken as {client.invoke_later(reference, event.encode())}.", to=url_for("runs.show_list"))
        answer = client.invoke(reference, event.encode())
        result = answer.payload.decode("utf-8", "replace")
        shown = f"{result}\n\n{answer.log}" if answer.log else result
        return Done(f"{name} {'failed' if answer.error else 'succeeded'}.", shown=clip(shown))

    @views.action("/schedules/<id>/run")
    def run_now(id: str, sent: Mapping[str, Any]) -> Done:
        project = site.projects.current()
        trigger = find_schedule(project.triggers, id)
        run_schedule(_lambda_api(site), project, trigger)
        return Done(f"{trigger.id} runs {trigger.function}.", to=url_for("runs.show_list"))


def _functions(project: Project) -> dict[str, tuple[Project, Function]]:
    return {function.name: (each, function) for each in project.every_api for function in each.api.functions.values()}


def _function(site: SiteContext, name: str) -> tuple[Project, Function]:
    found = _functions(site.projects.current()).get(name)
    if found is None:
        raise HomeportError(f"there is no function {name!r}")
    return found


def _function_row(project: Project, function: Function) -> Row:
    routes = [project.api.operations_by_id[id].route_key for id in function.operations]
    triggers = [f"{each.kind} {each.id}" for each in project.triggers.of_function(function.name)]
    runtime = function.runtime or project.stage.runtime
    name = Cell(function.name, url_for(".show_function", name=function.name))
    return Row((name, Cell(runtime), Cell(", ".join((*routes, *triggers)), kind="target")))


def _lambda_api(site: SiteContext) -> str:
    if site.functions is None:
        raise HomeportError("this homeport dev has no Lambda API")
    return site.functions


def _sample(project: Project, function: str) -> str:
    """Return the event of the function's first trigger, as its source would send it."""
    from homeport.triggers.sample import SampleInput, trigger_event

    found = project.triggers.of_function(function)
    if not found:
        return "{}"
    given = SampleInput(None, project.stage.region, time.time(), lambda: str(uuid.uuid4()))
    return json.dumps(trigger_event(found[0], given, project.resources), indent=2, ensure_ascii=False)
