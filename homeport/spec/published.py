"""The spec as other tools get it. Pure."""

from __future__ import annotations

from typing import Any

from homeport.spec.model import Api

_OURS = "x-homeport"


def published(api: Api, server: str | None = None) -> dict[str, Any]:
    """The document without what only Homeport understands; ``server`` is the base URL it then names, None: its own."""
    document: dict[str, Any] = _without_ours(api.document)
    if server is not None:
        document["servers"] = [{"url": server}]
    return document


def _without_ours(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ours(part) for name, part in value.items() if name != _OURS}
    return [_without_ours(part) for part in value] if isinstance(value, list) else value
