"""What a note is. Pure: revisions and the time are arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from service.errors import BadRequest

Item = dict[str, Any]

PROPERTIES = ("noteId", "title", "text", "tags", "pinned", "days", "createdAt", "updatedAt")
MOST_TAGS = 20
DAY = 24 * 60 * 60
"""Seconds."""

_LISTED = re.compile(r'(W/)?"([^"]*)"')


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def content(body: Mapping[str, Any], now: datetime) -> Item:
    """What a client says of a note, defaults filled in; DynamoDB deletes it some time after ``expiresAt``."""
    told = {
        "title": body["title"],
        "text": body.get("text", ""),
        "tags": body.get("tags", []),
        "pinned": body.get("pinned", False),
    }
    if "days" not in body:
        return told
    days = int(body["days"])
    return {**told, "days": days, "expiresAt": int(now.timestamp()) + days * DAY}


def shown(item: Mapping[str, Any]) -> Item:
    """What clients see of a note."""
    return {name: item[name] for name in PROPERTIES if name in item}


def etag(item: Mapping[str, Any]) -> str:
    """The strong entity tag of a note."""
    return f'"{item["revision"]}"'


def listed(headers: Mapping[str, Any], name: str, *, weak: bool) -> list[str] | None:
    """The revisions that If-Match or If-None-Match names: None for no header, [] for ``*``."""
    header = headers.get(name)
    if header is None or header.strip() == "*":
        return None if header is None else []
    tags = [text for is_weak, text in _LISTED.findall(header) if weak or not is_weak]
    if len(tags) > MOST_TAGS:
        raise BadRequest([{"in": "header", "pointer": f"/{name}", "detail": f"must have at most {MOST_TAGS} ETags"}])
    return tags or ["none"]
