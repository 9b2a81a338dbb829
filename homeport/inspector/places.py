"""Where in openapi.yaml a validator's finding stands: its path through a translated schema, walked in the document."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from homeport.spec.document import Document

Path = tuple[str, ...]


def resolved(document: Document, path: Path) -> Path:
    """The path of what stands at ``path``, references followed."""
    seen = set()
    while path not in seen:
        seen.add(path)
        found = document.find(path)
        reference = found[0].get("$ref") if found and isinstance(found[0], dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return path
        path = tuple(unquote(token).replace("~1", "/").replace("~0", "~") for token in reference[2:].split("/"))
    return path


def below(document: Document, path: Path, steps: Sequence[str]) -> Path:
    """Where ``steps`` lead from ``path``, references followed on the way; it ends at what is there in the document."""
    path = resolved(document, path)
    for step in steps:
        if document.find((*path, step)) is not None:
            path = resolved(document, (*path, step))
    return path


def schema_place(document: Document, schema: Path, evaluation: Sequence[str | int]) -> str:
    """``openapi.yaml:133``, for a finding in the schema at ``schema``.

    ``evaluation`` is the validator's way through the translated schema. A step that only the translation has (a
    definition, the alternative that lets null in) leads nowhere in the document and is passed over.
    """
    steps = [str(step) for step in evaluation if step != "$ref"]
    path = resolved(document, schema)
    for step in steps:
        path = resolved(document, path)
        if document.find((*path, step)) is not None:
            path = (*path, step)
    return place(document, path)


def place(document: Document, path: Path) -> str:
    """``openapi.yaml:133``."""
    return f"{document.file}:{document.line(path)}"
