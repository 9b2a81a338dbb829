"""Topics of SNS, their subscriptions, and messages published by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.aws.call_errors import ServiceCallError, calls_in_words
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

_EMPTY = "No topics. Write one into deploy/resources.yaml: News: {Type: AWS::SNS::Topic}"
_NO_SUBSCRIPTIONS = "No subscriptions. Write one into deploy/resources.yaml: an AWS::SNS::Subscription of this topic"


def overview(site: SiteContext) -> ResourceList:
    """Return the topics."""
    found = client(site, "sns").list_topics().get("Topics", [])
    rows = [Row((Cell(_name(each["TopicArn"]), url_for(".show_topic", arn=each["TopicArn"])),)) for each in found]
    return ResourceList("Topics", ("Topic",), tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of topics."""
    views = PageRegistry(pages)

    @views.page("/topics/<arn>")
    def show_topic(arn: str) -> ServicePage:
        found = client(site, "sns").list_subscriptions_by_topic(TopicArn=arn).get("Subscriptions", [])
        rows = tuple(_subscription_row(site, each) for each in found)
        return ServicePage(
            title=_name(arn),
            facts=(("ARN", arn),),
            parents=(("Services", url_for(".show_all")),),
            forms=(_publish_form(arn),),
            listings=(
                ResourceList("Subscriptions", ("Protocol", "Endpoint", "Filter policy"), rows, _NO_SUBSCRIPTIONS),
            ),
        )

    @views.action("/topics/<arn>/publish")
    def publish(arn: str, sent: Mapping[str, Any]) -> Done:
        asked: dict[str, Any] = {"TopicArn": arn, "Message": text_of(sent, "message", "the message")}
        asked |= {
            name: sent[name] for name in ("Subject", "MessageGroupId", "MessageDeduplicationId") if sent.get(name)
        }
        if sent.get("attributes"):
            asked["MessageAttributes"] = _attributes(json_of(str(sent["attributes"]), "the text of the attributes"))
        return Done(f"Published {client(site, 'sns').publish(**asked)['MessageId']}.")


def _publish_form(arn: str) -> ActionForm:
    fields = [
        FormField("message", "Message", kind="area", required=True),
        FormField("Subject", "Subject"),
        FormField("attributes", 'Attributes, as JSON: {"kind": "new"}'),
    ]
    if arn.endswith(".fifo"):
        fields[1:1] = [
            FormField("MessageGroupId", "Message group id", required=True),
            FormField("MessageDeduplicationId", "Deduplication id"),
        ]
    return ActionForm("Publish a message", url_for(".publish", arn=arn), "Publish", tuple(fields))


def _attributes(given: Any) -> dict[str, Any]:
    values = given.items() if isinstance(given, Mapping) else ()
    return {
        str(name): {
            "DataType": "Number" if isinstance(value, int | float) and not isinstance(value, bool) else "String",
            "StringValue": value if isinstance(value, str) else json.dumps(value),
        }
        for name, value in values
    }


def _subscription_row(site: SiteContext, each: Mapping[str, Any]) -> Row:
    try:
        with calls_in_words():
            found = client(site, "sns").get_subscription_attributes(SubscriptionArn=each["SubscriptionArn"])
        policy = found.get("Attributes", {}).get("FilterPolicy", "")
    except ServiceCallError:
        # One that waits for its confirmation has no ARN yet.
        policy = ""
    return Row(
        (Cell(each.get("Protocol", "")), Cell(each.get("Endpoint", ""), kind="target"), Cell(policy, kind="target"))
    )


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
