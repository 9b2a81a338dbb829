"""Which bodies are text and which are binary, by media type."""

from __future__ import annotations

from collections.abc import Iterable


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case: ``Text/HTML; charset=utf-8`` is ``text/html``."""
    return media_type.partition(";")[0].strip().lower()


def first_accepted(accept: str | None) -> str | None:
    """The first type of an Accept header, whatever its weight: the only one that REST APIs look at.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    """
    return accept.partition(",")[0] if accept is not None else None


def matches_binary(media_type: str | None, binary_media_types: Iterable[str]) -> bool:
    """Whether a type is among ``binaryMediaTypes``: by name, by ``type/*``, or all by ``*/*``, even an absent one.

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
