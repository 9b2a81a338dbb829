"""``homeport init``: a new project from one of the kit's own projects, whole or not at all.

In a checkout the projects to start from are the repository itself and its ``examples/``; a wheel carries them in
``homeport/_projects``, in the same order. ``starters.py`` says what each is.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Template

import homeport
from homeport.errors import HomeportError, ProjectError, SetupError
from homeport.project.check import examine_project
from homeport.project.editor_schemas import write_schemas
from homeport.project.first_request import first_request
from homeport.project.languages import NODE_RUNTIMES, PYTHON_RUNTIMES, Language, language_of, not_run_here
from homeport.project.load import load_project
from homeport.project.model import Stage
from homeport.project.names import did_you_mean, slug
from homeport.project.project import SPEC_FILES, STAGES_FILE
from homeport.project.source_places import is_generated
from homeport.scaffold.files import new_folder, write_together
from homeport.scaffold.kit_wheel import KitSource
from homeport.scaffold.starters import STARTERS
from homeport.scaffold.tools import tool_values
from homeport.scaffold.yaml_spans import add_entry, keys_of, replace_scalar

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")
LONGEST_NAME = 40
"""A function's name has at most 64 characters, and this name is its prefix."""

SPEC = SPEC_FILES[0]
_URL = "http://127.0.0.1:8080"
_NO_TEMPLATES = {".py", ".toml"}
PACKAGE = Path(homeport.__file__).parent
SKELETON = Path(__file__).parent / "skeleton"
_ADMIN = tuple(f"admin/{name}" for name in ("Dockerfile", "package.json", "package-lock.json", "requirements.txt"))
_SHARED = (".gitignore", ".dockerignore", ".env.example", "docker-compose.yml", *_ADMIN)
_IN_PYTHON, _IN_NODE = "examples", "examples/nodejs"
_IGNORED_FOLDERS = frozenset(("__pycache__", "node_modules", ".homeport", "reports", ".hypothesis", ".pytest_cache"))


StarterProject = Mapping[Path, Path]
"""A project to start from: its files, by their paths in the new project."""


def starter_projects(home: Path | None = None, language: Language = "python") -> dict[str, StarterProject]:
    """Return the projects to start from by name, the default one first. Raises SetupError without any.

    Those in Node.js have the names of their counterparts in Python.
    """
    home = home_of(PACKAGE) if home is None else home
    folder = _IN_NODE if language == "node" else _IN_PYTHON
    found = {place.parent.name: _files(place.parent) for place in sorted(home.glob(f"{folder}/*/{SPEC}"))}
    if language == "python":
        found[slug(_title(home))] = _files(home, whole=False)
    return {name: found[name] for name in (*(name for name in STARTERS if name in found), *found)}


def home_of(package: Path) -> Path:
    """Return the folder with the projects for the folder of the package ``homeport``. Raises SetupError."""
    for home in (package / "_projects", package.parent):
        if (home / SPEC).is_file():
            return home
    raise SetupError("this installation carries no projects to start from", "install homeport from its wheel")


def shared_files() -> dict[Path, Path]:
    """Return the files that every project has unchanged, by path."""
    home = home_of(PACKAGE)
    return {Path(name): home / name for name in _SHARED if (home / name).is_file()}


def skeleton_files() -> dict[Path, Path]:
    """Return the templates of the files around an API, by path."""
    places = {file: file.relative_to(SKELETON).parts for file in _walk(SKELETON)}
    return {Path(*(re.sub("^dot_", ".", part) for part in parts)): file for file, parts in places.items()}


def _title(home: Path) -> str:
    from homeport.project.source.document import read_document

    document, _ = read_document(home, SPEC)
    found = document.find(("info", "title")) if document is not None else None
    return str(found[0]) if found is not None else ""


def _files(root: Path, *, whole: bool = True) -> dict[Path, Path]:
    """Return a project's files. The reference project's tests are its contract tests; the others are the kit's own."""
    found = [root / SPEC, *_walk(root / "service"), *_walk(root / "deploy")]
    tests = _walk(root / "tests") if whole else (root / "tests" / "contract").glob("*")
    found += [file for file in tests if file.is_file()]
    placed = {file.relative_to(root): file for file in found}
    return {place: file for place, file in sorted(placed.items()) if not is_generated(place)}


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(set(folders) - _IGNORED_FOLDERS)
        yield from (Path(place, name) for name in sorted(files))


def parse_name(name: str) -> str:
    """Return the name if a folder, a title and a stack can have it. Raises HomeportError."""
    if not _NAME.fullmatch(name):
        raise HomeportError(f"{name!r} can't be a project's name", "letters and digits, with - or _ between: my-api")
    if len(name) > LONGEST_NAME:
        raise HomeportError(f"{name!r} has {len(name)} characters, more than {LONGEST_NAME}", "choose a shorter name")
    return name


def find_starter(wanted: str | None, flavor: str | None, known: Mapping[str, StarterProject]) -> StarterProject:
    """Return the project of that name, the first one for None, and its variant ``NAME-FLAVOR`` where there is one.

    Raises HomeportError for an unknown name.
    """
    name = wanted or next(iter(known))
    if name not in known:
        raise HomeportError(f"there is no project {name!r} to start from", did_you_mean(name, known))
    return known.get(f"{name}-{flavor}", known[name])


def parse_runtime(runtime: str) -> Language:
    """Return the language of a runtime that a new project may have. Raises HomeportError for another one."""
    language = language_of(runtime)
    if runtime not in (*PYTHON_RUNTIMES, *NODE_RUNTIMES) or language is None:
        reason = not_run_here(runtime) or f"{runtime!r} is no runtime of Python or Node.js"
        raise HomeportError(reason, f"choose one of {', '.join((*PYTHON_RUNTIMES, *NODE_RUNTIMES))}")
    return language


def write_project(
    name: str,
    parent: Path,
    kit: KitSource,
    source: StarterProject,
    flavor: str | None,
    runtime: str | None = None,
) -> Path:
    """Make the project in ``parent/name`` and return that folder.

    Raises HomeportError for a name that can't be used or a folder that is taken, ProjectError if the source can't be
    had in that flavor; nothing is written then.
    """
    place = parent / parse_name(name)
    with new_folder(place) as draft:
        for target, file in {**shared_files(), **source}.items():
            (draft / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, draft / target)
        # The stack's name is made from the title.
        _edit(draft / SPEC, lambda text: replace_scalar(text, ("info", "title"), title_of(name)))
        _set_flavor(draft, flavor)
        if runtime is not None:
            _edit(draft / STAGES_FILE, lambda text: replace_scalar(text, ("defaults", "runtime"), runtime))
        settled = load_project(draft).stage
        write_schemas(draft / ".homeport")
        kit.copy_to(draft)
        texts = skeleton_texts(draft, name, title_of(name), url_of(settled), kit.requirement, settled.runtime)
        with write_together(draft, texts):
            problems = [found for found in examine_project(draft) if found.severity == "error"]
            if problems:
                raise ProjectError(problems)
    return place


def skeleton_texts(
    root: Path, name: str, title: str, url: str, requirement: str, runtime: str = "python3.13"
) -> dict[Path, str]:
    """Return the files around the API that a project in ``root`` lacks, by path; ``runtime`` is its functions'."""
    values = {"name": name, "title": title, "requirement": requirement, "url": url, **tool_values(runtime)}
    texts = {target: file.read_text(encoding="utf-8") for target, file in skeleton_files().items()}
    lacking = {target: text for target, text in texts.items() if not (root / target).exists()}
    plain = {target for target in lacking if target.suffix in _NO_TEMPLATES or target.name == "Makefile"}
    return {target: text if target in plain else Template(text).substitute(values) for target, text in lacking.items()}


def title_of(name: str) -> str:
    """Return a name as an API's title: ``my-api`` is ``My api``."""
    words = re.sub(r"[-_]+", " ", name)
    return words[0].upper() + words[1:]


def next_steps(place: Path) -> list[str]:
    """Return what to type next in the new project in ``place``, up to a first request."""
    project = load_project(place)
    if not project.api.operations:
        return [f"next: cd {place.name} && homeport add createThing POST /things", "then: make dev"]
    request = first_request(project, url_of(project.stage), writes=True)
    return [f"next: cd {place.name} && make dev", *([f"then, in a second terminal: {request}"] if request else [])]


def url_of(stage: Stage) -> str:
    """Return the URL at which `make dev` serves a stage."""
    return _URL + stage.base_path


def _set_flavor(root: Path, flavor: str | None) -> None:
    if flavor is None or load_project(root).stage.flavor == flavor:
        return
    _edit(root / STAGES_FILE, lambda text: _with_flavor(text, flavor))
    url = url_of(load_project(root).stage)
    _edit(root / SPEC, lambda text: replace_scalar(text, ("servers", "0", "url"), url))


def _with_flavor(text: str, flavor: str) -> str:
    """Return deploy/stages.yaml with another flavor.

    Handlers of a REST API read its events and its stages' paths: an HTTP API has both with payload 1.0 and named
    stages.
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
