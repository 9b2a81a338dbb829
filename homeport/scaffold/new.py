"""``homeport init``: a new project from one of the kit's own, whole or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template

from homeport.errors import HomeportError, ProjectError
from homeport.scaffold.sources import Source, shared_files, skeleton_files
from homeport.scaffold.workshop import new_folder
from homeport.scaffold.yaml_spans import add_entry, keys_of, replace_scalar
from homeport.spec.check import examine_project
from homeport.spec.load import load_project
from homeport.spec.names import did_you_mean
from homeport.spec.project import SPEC_FILES, STAGES_FILE

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")
LONGEST_NAME = 40
"""The name starts those of the stack and of every function, and a function's has at most 64 characters."""

SPEC = SPEC_FILES[0]
_URL = "http://127.0.0.1:8080"
_KEPT_AS_THEY_ARE = {".py", ".toml"}


def checked_name(name: str) -> str:
    """The name, if a folder, a title and a stack can have it. Raises HomeportError."""
    if not _NAME.fullmatch(name):
        raise HomeportError(f"{name!r} can't be a project's name", "letters and digits, with - or _ between: my-api")
    if len(name) > LONGEST_NAME:
        raise HomeportError(f"{name!r} has {len(name)} characters, more than {LONGEST_NAME}", "choose a shorter name")
    return name


def chosen_source(wanted: str | None, flavor: str | None, known: Mapping[str, Source]) -> Source:
    """The source of that name, the first one for None; the variant ``NAME-FLAVOR`` where there is one.

    Raises HomeportError for an unknown name.
    """
    name = wanted or next(iter(known))
    if name not in known:
        raise HomeportError(f"there is no project {name!r} to start from", did_you_mean(name, known))
    return known.get(f"{name}-{flavor}", known[name])


def write_project(name: str, parent: Path, requirement: str, source: Source, flavor: str | None) -> Path:
    """Make the project in ``parent/name`` and return that folder.

    Raises HomeportError for a name that can't be used or a folder that is taken, ProjectError if the source can't be
    had in that flavor; nothing is written then.
    """
    place = parent / checked_name(name)
    with new_folder(place) as draft:
        for target, file in {**shared_files(), **source.files}.items():
            _copy(file, draft / target)
        _rename(draft, title_of(name))
        _set_flavor(draft, flavor)
        skeleton = skeleton_texts(draft, name, title_of(name), base_url(draft), requirement)
        for target, text in skeleton.items():
            (draft / target).parent.mkdir(parents=True, exist_ok=True)
            (draft / target).write_text(text, encoding="utf-8")
        problems = [found for found in examine_project(draft) if found.severity == "error"]
        if problems:
            raise ProjectError(problems)
    return place


def skeleton_texts(root: Path, name: str, title: str, url: str, requirement: str) -> dict[Path, str]:
    """What a project in ``root`` needs around its API and hasn't yet, by its place."""
    values = {"name": name, "title": title, "requirement": requirement, "url": url}
    lacking = {target: file for target, file in skeleton_files().items() if not (root / target).exists()}
    return {target: _filled(file.read_text(encoding="utf-8"), target, values) for target, file in lacking.items()}


def title_of(name: str) -> str:
    """``my-api`` as an API's title: ``My api``."""
    words = re.sub(r"[-_]+", " ", name)
    return words[0].upper() + words[1:]


def base_url(root: Path) -> str:
    """Where `make dev` serves the project. Raises ProjectError."""
    return _URL + load_project(root).stage.base_path


def _filled(text: str, target: Path, values: Mapping[str, str]) -> str:
    if target.suffix in _KEPT_AS_THEY_ARE or target.name == "Makefile":
        return text
    return Template(text).substitute(values)


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def _rename(root: Path, title: str) -> None:
    """Give the API its new title; a stack that had a name of its own gets the title's."""
    _edit(root / SPEC, lambda text: replace_scalar(text, ("info", "title"), title))


def _set_flavor(root: Path, flavor: str | None) -> None:
    if flavor is None or load_project(root).stage.flavor == flavor:
        return
    _edit(root / STAGES_FILE, lambda text: _with_flavor(text, flavor))
    url = base_url(root)
    _edit(root / SPEC, lambda text: replace_scalar(text, ("servers", "0", "url"), url))


def _with_flavor(text: str, flavor: str) -> str:
    """deploy/stages.yaml with another flavor.

    Handlers that were written for a REST API know its events and its stages' paths: an HTTP API has them, too, with
    payload 1.0 and named stages.
    """
    changed = replace_scalar(text, ("defaults", "flavor"), flavor)
    if changed == text:
        changed = add_entry(text, ("defaults",), "flavor", flavor)
    if flavor == "rest" or "payloadFormat" in text:
        return changed
    changed = add_entry(changed, ("defaults",), "payloadFormat", "1.0")
    for stage in keys_of(changed, ("stages",)):
        changed = add_entry(changed, ("stages", stage), "stageName", stage)
    return changed


def _edit(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8", newline="")
