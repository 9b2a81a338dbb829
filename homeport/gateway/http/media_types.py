"""Media types, in the headers Accept and Content-Type: which bodies are text, and which are binary."""

from __future__ import annotations

from collections.abc import Iterable


def essence(media_type: str) -> str:
    """Return a media type without its parameters, in lower case: ``Text/HTML; charset=utf-8`` is ``text/html``."""
    return media_type.partition(";")[0].strip().lower()


def first_accepted(accept: str | None) -> str | None:
    """Return the first type of an Accept header, whatever its weight: the only one that REST APIs look at.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    """
    return accept.partition(",")[0] if accept is not None else None


def matches_binary(media_type: str | None, binary_media_types: Iterable[str]) -> bool:
    """Return whether a type is in ``binaryMediaTypes``: by name, by ``type/*``, or by ``*/*`` (also an absent one).

    A wildcard counts in the list, not in ``media_type``; ``*/png`` in the list matches nothing (recorded).
    """
    name = essence(media_type) if media_type is not None else None
    for listed in binary_media_types:
        pattern = listed.lower()
        if pattern == "*/*":
            return True
        if name is None or pattern.startswith("*/"):
            continue
        if pattern == name or (pattern.endswith("/*") and name.startswith(pattern[:-1])):
            return True
    return False
