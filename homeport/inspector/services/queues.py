"""Queues of SQS and their messages.

The messages come from an endpoint for developers, which changes nothing. SQS itself has none: without it they can
only be received, which counts, so that a message of a queue with a RedrivePolicy may go to its dead-letter queue by
being received too often.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.aws.call_errors import ServiceCallError, calls_in_words
from homeport.aws.developer_endpoints import QueueMessage, queue_messages
from homeport.errors import HomeportError
from homeport.inspector.services.connection import client, local_endpoint
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
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext
from homeport.terminal import with_noun

_EMPTY = "No queues. Write one into deploy/resources.yaml: Jobs: {Type: AWS::SQS::Queue}"
# Messages that one redrive moves at most.
_MOST_MOVED = 1000
_AT_ONCE = 10
_COUNTS = (
    ("ApproximateNumberOfMessages", "visible"),
    ("ApproximateNumberOfMessagesNotVisible", "in flight"),
    ("ApproximateNumberOfMessagesDelayed", "delayed"),
)


def overview(site: SiteContext) -> ResourceList:
    """Return the queues with the number of their messages."""
    sqs = client(site, "sqs")
    rows = []
    for url in sqs.list_queues().get("QueueUrls", []):
        found, name = _attributes(sqs, url), url.rpartition("/")[2]
        counts = tuple(Cell(found.get(count, "0"), kind="number") for count, _ in _COUNTS)
        rows.append(Row((Cell(name, url_for(".show_queue", name=name)), *counts, Cell(_dead_letters(found)))))
    columns = ("Queue", "Visible", "In flight", "Delayed", "Dead-letter queue")
    return ResourceList("Queues", columns, tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of queues."""
    views = PageRegistry(pages)

    @views.page("/queues/<name>")
    def show_queue(name: str) -> ServicePage:
        sqs = client(site, "sqs")
        url = _url(sqs, name)
        found, sources = _attributes(sqs, url), _sources(sqs, url)
        actions = [Action("Purge", url_for(".purge_queue", name=name), asks=True)]
        if sources:
            back = url_for(".redrive", name=name)
            actions.insert(
                0, Action(f"Redrive to {sources[0].rpartition('/')[2]}", back, {"to": sources[0]}, asks=True)
            )
        poll = ActionForm("Receive messages", url_for(".receive", name=name), "Receive", _RECEIVE, _NOTE)
        return ServicePage(
            title=name,
            parents=(("Services", url_for(".show_all")),),
            facts=(*((label, found.get(count, "0")) for count, label in _COUNTS), *_settings(found)),
            notes=_polled_by(site, found.get("QueueArn", "")),
            actions=tuple(actions),
            listings=(_messages(site, url),),
            forms=(_send_form(name), poll),
        )

    @views.action("/queues/<name>/send")
    def send_message(name: str, sent: Mapping[str, Any]) -> Done:
        sqs = client(site, "sqs")
        asked: dict[str, Any] = {"QueueUrl": _url(sqs, name), "MessageBody": text_of(sent, "body", "the message")}
        asked |= {option: sent[option] for option in ("MessageGroupId", "MessageDeduplicationId") if sent.get(option)}
        if sent.get("delay"):
            asked["DelaySeconds"] = _whole(sent["delay"], "the delay")
        return Done(f"Sent {sqs.send_message(**asked)['MessageId']}.")

    @views.action("/queues/<name>/receive")
    def receive(name: str, sent: Mapping[str, Any]) -> Done:
        sqs = client(site, "sqs")
        hidden = _whole(sent.get("visibility") or "0", "the visibility timeout")
        found = sqs.receive_message(
            QueueUrl=_url(sqs, name),
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=hidden,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not found:
            return Done("No message is visible now.")
        rows = tuple(_message_row(name, message) for message in found)
        columns = ("Message", "Body", "Receives", "Attributes")
        return Done(f"Received {len(found)}.", listing=ResourceList("Received", columns, rows, ""))

    _register_removals(views, site)


def _messages(site: SiteContext, url: str) -> ResourceList:
    """Return the messages, read without a receive."""
    columns = ("Sent", "State", "Receives", "Body", "Attributes", "Message id")
    found = queue_messages(local_endpoint(site), url)
    if found is None:
        return ResourceList("Messages", columns, (), _NOT_SHOWN)
    note = f"The first {_MOST_SHOWN} of {len(found)}." if len(found) > _MOST_SHOWN else ""
    return ResourceList("Messages", columns, tuple(map(_unreceived_row, found[:_MOST_SHOWN])), "No messages.", note)


def _unreceived_row(message: QueueMessage) -> Row:
    group = {name: message.system[name] for name in ("MessageGroupId",) if name in message.system}
    own = {**group, **message.attributes}
    return Row(
        (
            Cell(time.strftime("%H:%M:%S", time.localtime(message.sent / 1000)), kind="when"),
            Cell(message.state),
            Cell(str(message.receives), kind="number"),
            Cell(clip(message.body), kind="target fill"),
            Cell(json.dumps(own, ensure_ascii=False) if own else "", kind="target"),
            Cell(message.id, kind="mono wide-only"),
        )
    )


def _register_removals(views: PageRegistry, site: SiteContext) -> None:
    @views.action("/queues/<name>/delete-message")
    def delete_message(name: str, sent: Mapping[str, Any]) -> Done:
        sqs = client(site, "sqs")
        sqs.delete_message(QueueUrl=_url(sqs, name), ReceiptHandle=text_of(sent, "handle", "the receipt handle"))
        return Done("Deleted the message.")

    @views.action("/queues/<name>/purge")
    def purge_queue(name: str, sent: Mapping[str, Any]) -> Done:
        sqs = client(site, "sqs")
        sqs.purge_queue(QueueUrl=_url(sqs, name))
        return Done(f"Purged {name}.")

    @views.action("/queues/<name>/redrive")
    def redrive(name: str, sent: Mapping[str, Any]) -> Done:
        sqs = client(site, "sqs")
        url, target = _url(sqs, name), text_of(sent, "to", "the queue")
        if target not in _sources(sqs, url):
            raise HomeportError(f"{name} is no dead-letter queue of {target.rpartition('/')[2]}")
        count = sum(1 for _ in _move(sqs, url, target))
        return Done(f"Moved {with_noun(count, 'message')} to {target.rpartition('/')[2]}.")


_RECEIVE = (FormField("visibility", "Seconds for which they are hidden from others", "0", kind="number"),)
_NOTE = (
    "As a consumer does it: up to ten messages, each receive counts for the dead-letter queue. With 0 seconds they are "
    "visible again at once."
)
_NOT_SHOWN = "Neither SQS nor this endpoint shows messages without a receive. Receive them below: that counts."
# Messages in the list.
_MOST_SHOWN = 200


def _send_form(name: str) -> ActionForm:
    fields = [
        FormField("body", "Message", kind="area", required=True),
        FormField("delay", "Delay in seconds", kind="number"),
    ]
    if name.endswith(".fifo"):
        fields[1:] = [
            FormField("MessageGroupId", "Message group id", required=True),
            FormField("MessageDeduplicationId", "Deduplication id"),
        ]
    return ActionForm("Send a message", url_for(".send_message", name=name), "Send", tuple(fields))


def _move(sqs: Any, source: str, target: str) -> Iterator[str]:
    """Move messages, each sent before it is deleted, and yield their ids.

    StartMessageMoveTask of SQS does the same; not every stand-in for it has that.
    """
    for _ in range(_MOST_MOVED // _AT_ONCE):
        found = sqs.receive_message(
            QueueUrl=source,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=30,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not found:
            return
        for message in found:
            attributes = message.get("Attributes", {})
            names = ("MessageGroupId", "MessageDeduplicationId") if target.endswith(".fifo") else ()
            more = {name: attributes[name] for name in names if name in attributes}
            if message.get("MessageAttributes"):
                more["MessageAttributes"] = message["MessageAttributes"]
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **more)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            yield message["MessageId"]


def _message_row(queue: str, message: Mapping[str, Any]) -> Row:
    own = {name: each.get("StringValue", "(binary)") for name, each in message.get("MessageAttributes", {}).items()}
    cells = (
        Cell(message["MessageId"], kind="target"),
        Cell(clip(message.get("Body", "")), kind="target"),
        Cell(message.get("Attributes", {}).get("ApproximateReceiveCount", ""), kind="number"),
        Cell(json.dumps(own, ensure_ascii=False) if own else ""),
    )
    delete = Action("Delete", url_for(".delete_message", name=queue), {"handle": message["ReceiptHandle"]}, asks=True)
    return Row(cells, (delete,))


def _url(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _attributes(sqs: Any, url: str) -> Mapping[str, str]:
    found: Mapping[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
    return found


def _sources(sqs: Any, url: str) -> list[str]:
    """Return the queues whose dead-letter queue this is."""
    try:
        with calls_in_words():
            return list(sqs.list_dead_letter_source_queues(QueueUrl=url).get("queueUrls", []))
    except ServiceCallError:
        arn = _attributes(sqs, url).get("QueueArn", "")
        others = sqs.list_queues().get("QueueUrls", [])
        return [each for each in others if arn and arn in _attributes(sqs, each).get("RedrivePolicy", "")]


def _settings(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, label in (("VisibilityTimeout", "visibility timeout, s"), ("DelaySeconds", "delay, s")):
        if name in found:
            yield label, found[name]
    if "RedrivePolicy" in found:
        yield "dead-letter queue", _dead_letters(found)


def _dead_letters(found: Mapping[str, str]) -> str:
    policy = json.loads(found.get("RedrivePolicy") or "{}")
    name = str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]
    return f"{name} after {policy.get('maxReceiveCount')} receives" if name else ""


def _polled_by(site: SiteContext, arn: str) -> tuple[str, ...]:
    """Return a note where a function polls the queue: its messages are gone quickly."""
    triggers = site.projects.current().triggers.every
    names = [each.function for each in triggers if getattr(each, "queue_arn", None) == arn and each.enabled]
    return (f"The function {' and '.join(names)} polls it: a message is gone once it has succeeded.",) if names else ()


def _whole(value: Any, label: str) -> int:
    if not str(value).isdecimal():
        raise HomeportError(f"{label} {value!r} is no number of seconds")
    return int(value)
