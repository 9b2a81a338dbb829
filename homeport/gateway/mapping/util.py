"""``$util``: API Gateway's helpers for templates.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#util-template-reference
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote_from_bytes

from homeport.gateway.mapping.errors import UnreadableJson
from homeport.gateway.mapping.json_reader import read_json
from homeport.vtl import TemplateError, TemplateObject
from homeport.vtl.limits import Meter
from homeport.vtl.values import to_text

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_SCRIPT_ESCAPED = re.compile(r"[\"'\\/\x00-\x1f]|[^\x00-\x7e]")
_SCRIPT_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Util(TemplateObject):
    """``$util``. Each method takes one value."""

    def call(self, name: str, arguments: Sequence[object], meter: Meter) -> object:
        """Return the result of a method, None if there is none of the name. Raises TemplateError."""
        if len(arguments) != 1:
            return None
        if name == "parseJson":
            return _parse_json(arguments[0], meter)
        method = _METHODS.get(name)
        if method is None:
            return None
        text = to_text(arguments[0], meter)
        # The longest result has six characters for one.
        meter.charge_text(len(text))
        result = method(text)
        meter.charge_text(len(result))
        return result


def _parse_json(value: object, meter: Meter) -> object:
    if not isinstance(value, str):
        return None
    meter.charge_text(len(value))
    if not value:
        raise TemplateError("$util.parseJson: the text is empty")
    try:
        return read_json(value)
    except UnreadableJson as error:
        raise TemplateError(f"$util.parseJson: {error}") from error


def base64_encode(text: str) -> str:
    """Return a text as base64 of its UTF-8."""
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def base64_decode(text: str) -> str:
    """Return the text in base64, of either alphabet; characters of none are passed over."""
    digits = _NOT_BASE64.sub(b"", text.encode().translate(bytes.maketrans(b"-_", b"+/")))
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(digits + b"=" * (-len(digits) % 4)).decode("utf-8", "replace")


def url_encode(text: str) -> str:
    """Return a text as a value of a form: ``java.net.URLEncoder``, with ``+`` for blanks."""
    encoded = quote_from_bytes(text.encode("utf-8", "replace"), safe="*~ ")
    return encoded.replace("~", "%7E").replace(" ", "+")


def url_decode(text: str) -> str:
    """Return the text of a form's value. Raises TemplateError for a percent sign that encodes nothing."""
    if _PERCENT.search(text):
        raise TemplateError("$util.urlDecode: a percent sign has no two hexadecimal digits after it")
    return _ENCODED.sub(_decode, text.replace("+", " "))


def _decode(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")


def escape_java_script(text: str) -> str:
    """Return a text as it stands within quotes in JavaScript: ASCII, with ``'`` and ``/`` escaped too."""
    return _SCRIPT_ESCAPED.sub(_escape_for_script, text)


def _escape_for_script(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\"'\\/":
        return f"\\{character}"
    if character in _SCRIPT_SHORT:
        return _SCRIPT_SHORT[character]
    units = memoryview(character.encode("utf-16-le", "surrogatepass")).cast("H")
    return "".join(f"\\u{unit:04X}" for unit in units)


_METHODS: dict[str, Callable[[str], str]] = {
    "base64Encode": base64_encode,
    "base64Decode": base64_decode,
    "urlEncode": url_encode,
    "urlDecode": url_decode,
    "escapeJavaScript": escape_java_script,
}
