"""SAM: a template of AWS::Serverless resources as the plain CloudFormation that AWS's own translator makes of it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from homeport.environment import install_hint
from homeport.errors import Problem, SetupError
from homeport.project.cloudformation.template.sam_lines import with_owner_lines
from homeport.project.cloudformation.template.sam_process import TranslationFault, TranslationReply, TranslationRequest
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"

_FORMAT = 2
_MOST_CACHED = 20
_SPECIFICATION = "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html"
_EVENT = re.compile(r"Event with id \[(.+?)\] is invalid\. (.*)", re.DOTALL)
_HINTS = (
    ("Runtime and Handler", "write Runtime and Handler, here or under Globals.Function"),
    ("Auth works only with inline", "put the document into DefinitionBody, with Fn::Transform and AWS::Include"),
    ("must be a valid reference to", "name the API by !Ref, or leave it out for the implicit one"),
    ("attempts to create a new", "rename one of them"),
    ("multiple path", "keep one of the two events"),
)


def translate(
    document: Document,
    parameter_values: Mapping[str, Any],
    region: str,
    cache_dir: Path,
    diagnostics: Diagnostics,
) -> Document | None:
    """Return the template without AWS::Serverless resources; the document itself if it has none.

    None if AWS would refuse it; ``diagnostics`` then has the reasons. Every value of the result has the owner's file
    and line: a resource that SAM makes of another one (a role, a permission, an implicit API) has that one's.
    ``cache_dir`` keeps results: the translator takes seconds. Raises SetupError where it is not installed.

    Local paths stay what they are, where AWS wants a place in S3: ``CodeUri: ./src`` becomes ``Code: {LocalPath:
    ./src}``, and so do ``ContentUri`` of a layer (``Content``), and ``DefinitionUri`` of an API (``BodyS3Location``)
    and of a state machine (``DefinitionS3Location``). LocalPath is relative to the template's folder, and a function
    of CloudFormation where the owner wrote one. A function without ``CodeUri`` has the template's folder,
    ``{LocalPath: .}``, as with ``sam build``; one of an image without ``ImageUri`` has ``Code: {ImageUri: ""}``.
    ``Code: ./src`` of an AWS::Lambda::Function stays the text. ``Metadata`` is kept.
    """
    root = Cursor.root(document, diagnostics)
    if not has_sam(document):
        return document
    if SAM_TRANSFORM not in transforms(document):
        root.at("Resources").warning(
            "the template has SAM resources and no Transform: CloudFormation would refuse it",
            f"write Transform: {SAM_TRANSFORM}",
        )
    request: TranslationRequest = {
        "template": document.value,
        "parameters": dict(parameter_values),
        "region": region,
    }
    reply = _reply_of(request, cache_dir)
    diagnostics.add(*(_problem(fault, document) for fault in reply["faults"]))
    if reply["template"] is None:
        return None
    return with_owner_lines(reply["template"], reply["owners"], document)


def transforms(document: Document) -> list[str]:
    """Return the names in the template's Transform, in their order."""
    written = document.value.get("Transform") if isinstance(document.value, dict) else None
    entries = written if isinstance(written, list) else [written]
    names = [entry.get("Name") if isinstance(entry, dict) else entry for entry in entries]
    return [name for name in names if isinstance(name, str)]


def has_sam(document: Document) -> bool:
    """Return whether a template names SAM's transform or has a resource of SAM."""
    resources = document.value.get("Resources") if isinstance(document.value, dict) else None
    entries = resources.values() if isinstance(resources, dict) else ()
    kinds = (str(entry.get("Type")) for entry in entries if isinstance(entry, dict))
    return SAM_TRANSFORM in transforms(document) or any(kind.startswith("AWS::Serverless::") for kind in kinds)


def _reply_of(request: TranslationRequest, folder: Path) -> TranslationReply:
    try:
        # The package itself holds its version and imports nothing.
        from samtranslator import __version__
    except ImportError as error:
        raise SetupError("a SAM template needs aws-sam-translator", install_hint("local")) from error
    text = json.dumps(request)
    key = hashlib.sha256(f"{_FORMAT} {__version__} {text}".encode()).hexdigest()
    file = folder / f"sam-{key}.json"
    with suppress(OSError, ValueError):
        return cast(TranslationReply, json.loads(file.read_bytes()))
    reply = _run(text)
    # A folder that can't be written costs time, not the project.
    with suppress(OSError):
        _store(file, reply)
    return cast(TranslationReply, json.loads(reply))


def _run(request: str) -> str:
    """Translate in a process of its own, or here if the translator is loaded already."""
    if "samtranslator.translator.translator" in sys.modules:
        from homeport.project.cloudformation.template.sam_process import translate_request

        return json.dumps(translate_request(json.loads(request)))
    import subprocess

    command = [sys.executable, "-m", "homeport.project.cloudformation.template.sam_process"]
    done = subprocess.run(command, input=request, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise SetupError(f"aws-sam-translator does not run: {last[0]}", install_hint("local"))
    return done.stdout


def _environment() -> dict[str, str]:
    """Return the environment of the process: this package is found from any folder."""
    package = str(Path(__file__).parents[4])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _store(file: Path, reply: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.part")
    # Values of parameters may be in it.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(reply)
    draft.replace(file)
    stored = sorted(file.parent.glob("sam-*.json"), key=lambda each: each.stat().st_mtime)
    for old in stored[:-_MOST_CACHED]:
        old.unlink(missing_ok=True)


def _problem(fault: TranslationFault, document: Document) -> Problem:
    logical_id, event, message = fault["logical_id"], fault["event"], fault["message"]
    path = next(_places(fault, document))
    inner = _EVENT.match(message)
    if inner is not None:
        event, message = inner.groups()
    of = f" of {logical_id}" if logical_id else ""
    subject = f"the event {event}{of}: " if event else f"{logical_id}: " if logical_id else ""
    hint = next((hint for sign, hint in _HINTS if sign in message), f"see {_SPECIFICATION}")
    return document.at(*path).error(f"SAM refuses {subject}{message}".rstrip("."), hint)


def _places(fault: TranslationFault, document: Document) -> Iterator[tuple[str, ...]]:
    """Yield the paths that a fault is about, the most exact one first."""
    resources = document.value.get("Resources") if isinstance(document.value, dict) else None
    if not isinstance(resources, dict):
        yield ()
        return
    inside = re.search(r"\[([A-Za-z0-9]+)\]", fault["message"])
    logical_id = fault["logical_id"] or (inside.group(1) if inside else "")
    for owner in (
        logical_id,
        *(name for name in sorted(resources, key=len, reverse=True) if logical_id.startswith(name)),
    ):
        if owner in resources:
            yield from _inside(fault, document, owner)
            yield ("Resources", owner)
    if fault["event"]:
        for owner in resources:
            path = ("Resources", owner, "Properties", "Events", fault["event"])
            if document.find(path) is not None:
                yield path
    yield ("Resources",)


def _inside(fault: TranslationFault, document: Document, owner: str) -> Iterator[tuple[str, ...]]:
    event = _EVENT.match(fault["message"])
    name = fault["event"] or (event.group(1) if event is not None else "")
    if name:
        yield from _existing(document, ("Resources", owner, "Properties", "Events", name))
    for word in re.findall(r"'([A-Za-z0-9.]+)'|`([A-Za-z0-9.]+)`", fault["message"]):
        yield from _existing(document, ("Resources", owner, "Properties", *(word[0] or word[1]).split(".")))


def _existing(document: Document, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if document.find(path) is not None:
        yield path
