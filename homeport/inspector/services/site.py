"""The page ``/services``: an overview of what the services hold, and the pages of each kind of resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, render_template

from homeport.aws.call_errors import calls_in_words
from homeport.errors import HomeportError
from homeport.inspector.services import (
    buckets,
    event_buses,
    functions,
    keys,
    mails,
    parameters,
    queues,
    state_machines,
    streams,
    topics,
    user_pools,
)
from homeport.inspector.services.connection import is_used
from homeport.inspector.services.page import ResourceList, ServicePage
from homeport.inspector.site_context import SiteContext


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the overview: ``service`` is IAM's name, ``""`` for what the gateway has itself."""

    service: str
    title: str
    listing: Callable[[SiteContext], ResourceList]


_PARTS = (
    _Part("", "Functions", functions.overview),
    _Part("", "Schedules", functions.schedule_overview),
    _Part("s3", "Buckets", buckets.overview),
    _Part("sqs", "Queues", queues.overview),
    _Part("sns", "Topics", topics.overview),
    _Part("events", "Event buses", event_buses.overview),
    _Part("states", "State machines", state_machines.overview),
    _Part("ssm", "Parameters", parameters.parameter_overview),
    _Part("secretsmanager", "Secrets", parameters.secret_overview),
    _Part("kinesis", "Streams", streams.overview),
    _Part("cognito-idp", "User pools", user_pools.overview),
    _Part("kms", "Keys", keys.overview),
    _Part("ses", "Mails", mails.overview),
)
_ROOMS = (
    *(buckets, event_buses, functions, keys, mails, parameters, queues, state_machines, streams, topics),
    user_pools,
)


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages below ``/services``."""
    pages = Blueprint("services", __name__, url_prefix="/services")
    for room in _ROOMS:
        room.register(pages, site)

    @pages.get("")
    def show_all() -> str:
        listings, unused = [], []
        for part in _PARTS:
            if part.service and not is_used(site, part.service):
                unused.append(part.title.lower())
            else:
                listings.append(_listing(part, site))
        notes = (f"Not used by the project: {', '.join(unused)}. {_HOW}",) if unused else ()
        return render_template("service.html", page=ServicePage("Services", notes=notes, listings=tuple(listings)))

    return pages


_HOW = "A resource in deploy/resources.yaml or in the template, or a policy of a function, has a service start."


def _listing(part: _Part, site: SiteContext) -> ResourceList:
    try:
        with calls_in_words():
            return part.listing(site)
    except HomeportError as error:
        return ResourceList(part.title, (), (), str(error))
