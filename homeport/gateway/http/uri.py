"""Request targets, paths and query strings. Nothing here fails, whatever bytes a client sends.

Text from the wire is latin-1, one character a byte (``Request``).
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

_PATH_SAFE = frozenset(map(chr, range(0x21, 0x7F)))


def split_target(target: str) -> tuple[str, str]:
    """Return path and query string of a request target, both still encoded.

    The absolute form loses its scheme and authority (RFC 9112 3.2.2); the forms without a path (``*``, an authority)
    come back as they are and match no route.
    """
    if not target.startswith("/"):
        scheme, separator, rest = target.partition("://")
        if separator and scheme.isalpha():
            authority_end = min((i for i in map(rest.find, "/?#") if i >= 0), default=len(rest))
            target = rest[authority_end:]
            if not target.startswith("/"):
                target = "/" + target
    target = target.partition("#")[0]
    path, _, query = target.partition("?")
    return path, query


def percent_decode(text: str) -> str:
    """Return ``a b`` for ``a%20b``; bytes that are not UTF-8 become U+FFFD."""
    if "%" not in text and text.isascii():
        return text
    return unquote_to_bytes(_wire_bytes(text)).decode("utf-8", "replace")


def percent_encode_rest(text: str) -> str:
    """Percent-encode control characters, spaces and bytes beyond ASCII, and nothing else."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return "".join(chr(b) if chr(b) in _PATH_SAFE else f"%{b:02X}" for b in _wire_bytes(text))


def parse_query(query: str, separators: str = "&") -> list[tuple[str, str]]:
    """Return names and values of a query string, form-decoded: ``+`` is a space, ``k`` and ``k=`` have empty values."""
    if not query:
        return []
    for separator in separators[1:]:
        query = query.replace(separator, separators[0])
    pairs = []
    for part in query.split(separators[0]):
        if part:
            name, _, value = part.partition("=")
            pairs.append((_form_decode(name), _form_decode(value)))
    return pairs


def _form_decode(text: str) -> str:
    return percent_decode(text.replace("+", " "))


def _wire_bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
