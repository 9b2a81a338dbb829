"""Answers of services with the query protocol: the JSON that they write for API Gateway, made of their XML.

API Gateway asks with ``Accept: application/json``, which local stand-ins of the services do not look at.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

_NULL_MEMBERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("sqs", "SendMessage"): ("MD5OfMessageAttributes", "MD5OfMessageBody", "MessageId", "SequenceNumber"),
    ("sns", "Publish"): ("MessageId", "SequenceNumber"),
}
"""Members that the answer has always, null where there is no value."""

_FLAT_LISTS: Mapping[str, str] = {"Message": "messages", "QueueUrl": "queueUrls"}
"""Elements of SQS that repeat without a list around them, and the member that holds them."""

_FLAT_ACTIONS = frozenset(("ReceiveMessage", "ListQueues", "ListDeadLetterSourceQueues"))


def json_answer(service: str, body: bytes) -> bytes:
    """Return an answer in XML as JSON; what is no XML stays as it is."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return body
    name = _name(root)
    if name == "ErrorResponse":
        found: Any = _value(root)
        return _json(found)
    action = name.removesuffix("Response")
    members: dict[str, Any] = _value(root) or {}
    result = f"{action}Result"
    if action in _FLAT_ACTIONS:
        members[result] = _flat(next((child for child in root if _name(child) == result), root))
    if isinstance(members.get(result), dict):
        nulls = dict.fromkeys(_NULL_MEMBERS.get((service, action), ()))
        members[result] = {**nulls, **members[result]}
    return _json({name: members})


def _flat(result: ElementTree.Element) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for child in result:
        member = _FLAT_LISTS.get(_name(child))
        if member is not None:
            found.setdefault(member, []).append(_value(child))
    return found


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text
    names = [_name(child) for child in children]
    if set(names) == {"member"}:
        return [_value(child) for child in children]
    if set(names) == {"entry"}:
        pairs = (_value(child) for child in children)
        return {pair["key"]: pair["value"] for pair in pairs}
    found: dict[str, Any] = {}
    for name, child in zip(names, children, strict=True):
        value = _value(child)
        if names.count(name) > 1:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
