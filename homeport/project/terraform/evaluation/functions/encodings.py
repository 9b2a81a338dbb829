"""Functions of encodings and digests.

https://developer.hashicorp.com/terraform/language/functions/jsonencode
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from homeport.project.source.source_map import TextError
from homeport.project.source.yaml_text import read_yaml
from homeport.project.terraform.evaluation.values import DocumentText, EvaluationError, StandInText, as_text, plain

_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "oid": uuid.NAMESPACE_OID,
    "url": uuid.NAMESPACE_URL,
    "x500": uuid.NAMESPACE_X500,
}
_FIXED_ID = "00000000-0000-4000-8000-000000000000"
"""The result of ``uuid``, which is another one at each call of Terraform: here nothing may change by itself."""


def json_encode(value: Any) -> DocumentText:
    """Return a value as ``jsonencode`` writes it: keys in order, and ``<``, ``>`` and ``&`` escaped."""
    document = plain(value)
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return DocumentText.of(escaped, document)


def _json_decode(text: str) -> Any:
    if isinstance(text, StandInText):
        return text
    try:
        return json.loads(as_text(text))
    except ValueError as error:
        raise EvaluationError(f"the text is not JSON: {error}") from error


def _yaml_decode(text: str) -> Any:
    if isinstance(text, StandInText):
        return text
    try:
        return read_yaml(str(as_text(text))).value
    except TextError as error:
        raise EvaluationError(f"the text is not YAML: {error.message}") from error


def _yaml_encode(value: Any) -> str:
    import yaml

    class Quoting(yaml.SafeDumper):
        """Writes texts as Terraform does: in quotes, those of several lines as blocks."""

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else '"')

    Quoting.add_representer(str, represent)
    return yaml.dump(plain(value), Dumper=Quoting, sort_keys=True, width=1_000_000, allow_unicode=True)


def _csv_decode(text: str) -> list[dict[str, str]]:
    return [dict(row) for row in csv.DictReader(io.StringIO(as_text(text)))]


def _digest(name: str, *, in_base64: bool = False) -> Callable[[str], str]:
    def function(text: str) -> str:
        found = hashlib.new(name, as_text(text).encode(), usedforsecurity=False)
        return base64.b64encode(found.digest()).decode() if in_base64 else found.hexdigest()

    return function


def _base64_decode(text: str) -> str:
    try:
        return base64.b64decode(as_text(text), validate=True).decode()
    except ValueError as error:
        raise EvaluationError("the text is not base64 of UTF-8") from error


ENCODINGS: Mapping[str, Callable[..., Any]] = {
    "base64decode": _base64_decode,
    "base64encode": lambda text: base64.b64encode(as_text(text).encode()).decode(),
    "base64gzip": lambda text: base64.b64encode(gzip.compress(as_text(text).encode(), mtime=0)).decode(),
    "base64sha256": _digest("sha256", in_base64=True),
    "base64sha512": _digest("sha512", in_base64=True),
    "csvdecode": _csv_decode,
    "jsondecode": _json_decode,
    "jsonencode": json_encode,
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "sha512": _digest("sha512"),
    "textdecodebase64": lambda text, encoding: base64.b64decode(text).decode(encoding),
    "textencodebase64": lambda text, encoding: base64.b64encode(as_text(text).encode(encoding)).decode(),
    "urlencode": lambda text: quote_plus(as_text(text)),
    "uuid": lambda: _FIXED_ID,
    "uuidv5": lambda namespace, name: str(uuid.uuid5(_NAMESPACES.get(namespace) or uuid.UUID(namespace), name)),
    "yamldecode": _yaml_decode,
    "yamlencode": _yaml_encode,
}
