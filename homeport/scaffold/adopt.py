"""``homeport adopt``: make a project of an API that has a description already, or write nothing at all."""

from __future__ import annotations

import copy
import io
import re
import textwrap
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from homeport.contract.fuzz.schemathesis_settings import CONFIG, DEFAULT_CONFIG
from homeport.errors import HomeportError, Problem, ProjectError
from homeport.project.check import examine_project
from homeport.project.names import slug, snake_case
from homeport.project.openapi.dialects import in_openapi_3
from homeport.project.project import NO_INPUTS, RESOURCES_FILE, SPEC_FILES, STAGES_FILE, ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document, read_document
from homeport.project.source.yaml_text import long_form
from homeport.scaffold.adopted.adoption import Adoption, Json, check_structure, operations
from homeport.scaffold.adopted.document import STRUCTURE, adopt_document, flavor_of
from homeport.scaffold.adopted.grouping import group_operations
from homeport.scaffold.adopted.integrations import has_backend
from homeport.scaffold.adopted.template import AdoptedTemplate, adopt_template
from homeport.scaffold.adopted_handler_text import adopted_handler_text, authorizer_text
from homeport.scaffold.files import copied_folders, lacking_helpers, write_together
from homeport.scaffold.init import PACKAGE, home_of, shared_files, skeleton_texts
from homeport.scaffold.kit_wheel import KitSource
from homeport.scaffold.yaml_spans import dump

SPEC = Path(SPEC_FILES[0])
_ADOPTED = """\
# The API of {file}, as homeport adopt has read it. x-homeport names the function of each route and its code;
# memory, timeout and the like are those of deploy/stages.yaml where nothing is said.

"""
_REQUIREMENTS = "# What the functions import beside boto3, which Lambda has.\n"
_CONFIG = "# How the contract is fuzzed: https://schemathesis.readthedocs.io/en/stable/reference/configuration/\n"
_STATELESS = """\
# The handlers answer with examples and keep nothing. Remove these two lines when they do.
use_after_free.enabled = false
ensure_resource_availability.enabled = false
"""
# ruamel.yaml does not keep CloudFormation's tags and merged maps.
_NOT_KEPT = re.compile(r"(^|[\s\[{,])(![A-Za-z]|<<\s*:)", re.MULTILINE)
# A document is read and written with its comments at some 70 KB a second.
_LARGE = 256 * 1024
_STAGES = """\
# Where the API lives, and how: `local` is make dev, the others are deployed with make deploy STAGE=dev.

defaults:
{defaults}

stages:
  local: {{}}
  dev: {{}}
  test: {{}}
  prod:
    deletionProtection: true
    logRetentionDays: 90
"""


@dataclass(frozen=True, slots=True)
class AdoptionReport:
    """The written files, relative to the project, and a line for each part that could not be mapped."""

    written: tuple[Path, ...]
    unmapped: tuple[str, ...]


def adopt(file: Path, into: Path, kit: KitSource, inputs: ProjectInputs = NO_INPUTS, api: str = "") -> AdoptionReport:
    """Make a project in ``into`` of the API that ``file`` describes: an OpenAPI document, or a template with its code.

    ``inputs`` and ``api`` (the logical id of one of several APIs) are for a template. Files that are there stay as they
    are, but for openapi.yaml if it is ``file`` itself. Raises HomeportError, with nothing written, for a document that
    is no OpenAPI 3.0, for protection that would be lost, and for an API that can't pass ``homeport check``.
    """
    document = _read(file)
    _reject_other_spec(file, into)
    if is_template(document.value):
        return _adopt_template(adopt_template(file, inputs, api), file, into, kit)
    check_structure(document, STRUCTURE)
    _reject_version(document)
    converted = _in_openapi_3(document)
    spec = _editable(file, document) if converted is document else copy.deepcopy(dict(converted.value))
    adoption = Adoption(spec, converted, flavor=flavor_of(converted.value))
    _note_lost_comments(file, adoption)
    _mend_info(adoption, into.name)
    adopt_document(adoption)
    group_operations(adoption)
    if adoption.rejected:
        raise ProjectError(adoption.rejected)
    texts = {SPEC: _document_text(adoption.spec, file), **_deploy_texts(adoption, into)}
    with write_together(into, texts):
        title, url = str(adoption.spec["info"]["title"]), adoption.base_url
        rest = {**_service_texts(into, adoption), **_surrounding_files(into, title, url, kit.requirement)}
        with write_together(into, rest):
            places = _Places(into)
            _raise_errors(into, lambda problem: _in_original(problem, places, adoption))
    return AdoptionReport((*texts, *rest, *_copy_kit(kit, rest, into)), tuple(adoption.unmapped))


def _adopt_template(adopted: AdoptedTemplate, file: Path, into: Path, kit: KitSource) -> AdoptionReport:
    _mend_title(adopted.spec, into.name)
    url = adopted.base_url
    adopted.spec["servers"] = [{"url": url, "description": "make dev"}]
    spec = {key: adopted.spec[key] for key in ("openapi", "info", "servers")} | adopted.spec
    stages = _STAGES.format(defaults=textwrap.indent(dump(adopted.settings).rstrip(), "  "))
    own = {Path(STAGES_FILE): stages, Path(RESOURCES_FILE): dump(adopted.resources)}
    own |= {Path(name): text for name, text in _dotenv(adopted.variables)}
    texts = {SPEC: _ADOPTED.format(file=file.name) + dump(spec), **_missing_files(into, own)}
    title = str(spec["info"]["title"])
    with copied_folders(adopted.folders, into) as copied, write_together(into, texts):
        rest = _surrounding_files(into, title, url, kit.requirement)
        with write_together(into, rest):
            places = _Places(into)
            _raise_errors(into, lambda problem: _in_template(problem, places, adopted))
    return AdoptionReport((*texts, *rest, *copied, *_copy_kit(kit, rest, into)), adopted.notes)


def _copy_kit(kit: KitSource, written: Collection[Path], into: Path) -> tuple[Path, ...]:
    """Copy the kit's wheel to where requirements.txt names it; a project's own file may name something else."""
    return kit.copy_to(into) if Path("requirements.txt") in written else ()


def _raise_errors(into: Path, in_original: Callable[[Problem], Problem]) -> None:
    """Raise ProjectError for what ``homeport check`` refuses in the written project."""
    errors = [problem for problem in examine_project(into) if problem.severity == "error"]
    if errors:
        raise ProjectError([in_original(problem) for problem in errors])


class _Places:
    """The paths of values in the written files by line. Each file is read once, and only if it is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._paths: dict[str, dict[int, tuple[str, ...]]] = {}

    def path_at(self, file: str, line: int) -> tuple[str, ...] | None:
        """Return the shortest path of a value at a line of a file."""
        if file not in self._paths:
            document, _ = read_document(self._root, file)
            self._paths[file] = _paths_by_line(document) if document is not None else {}
        return self._paths[file].get(line)


def _paths_by_line(document: Document) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    waiting: deque[tuple[tuple[str, ...], Any]] = deque([((), document.value)])
    while waiting:
        path, container = waiting.popleft()
        lines = document.source_map.get(id(container))
        children = container.items() if isinstance(container, dict) else enumerate(container)
        for key, child in children if lines is not None else ():
            place = (*path, str(key))
            found.setdefault(lines.children[key], place)  # type: ignore[union-attr,index]
            if isinstance(child, dict | list):
                waiting.append((place, child))
    return found


def _in_template(problem: Problem, places: _Places, adopted: AdoptedTemplate) -> Problem:
    """Return a problem of the written openapi.yaml with the template's file and line."""
    path = places.path_at(SPEC.name, problem.line) if problem.file == SPEC.name else None
    return problem if path is None else adopted.in_template(problem, path)


def _dotenv(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the file with the values of API keys, which deploy/stages.yaml names."""
    if variables:
        yield ".env", "".join(f"{name}={value}\n" for name, value in variables.items())


def is_template(value: Any) -> bool:
    """Return whether a document is a template of SAM or CloudFormation."""
    return isinstance(value, dict) and "openapi" not in value and "swagger" not in value and "Resources" in value


def _in_original(problem: Problem, places: _Places, adoption: Adoption) -> Problem:
    """Return a problem of a written file with the file and line of the original, from which the part comes."""
    is_adopted = problem.file in (SPEC.name, RESOURCES_FILE)
    path = places.path_at(problem.file, problem.line) if is_adopted else None
    if path is None:
        return problem
    at = adoption.origin(*path) if problem.file == SPEC.name else adoption.origin(RESOURCES_FILE, *path)
    return replace(problem, file=at.document.file, line=at.document.line(at.path))


def _read(file: Path) -> Document:
    if not file.is_file():
        raise HomeportError(f"{file} is no file", "name an OpenAPI document or a SAM template")
    document, problems = read_document(file.parent, file.name, tags=long_form)
    # A template is read again by its own reader, which takes what CloudFormation takes: a key that stands twice.
    if document is None or (problems and not is_template(document.value)):
        raise ProjectError(problems)
    if not isinstance(document.value, dict):
        raise HomeportError(f"{file.name}:1: holds no map", "name an OpenAPI document or a SAM template")
    return document


def _reject_other_spec(file: Path, into: Path) -> None:
    for name in SPEC_FILES:
        place = into / name
        if place.exists() and not (name == SPEC.name and place.samefile(file)):
            raise HomeportError(f"{place} is there already, and is to be {SPEC}", "choose another folder: --into DIR")


def _reject_version(original: Document) -> None:
    """Raise HomeportError for a document that is not OpenAPI 2.0, 3.0 or 3.1."""
    spec = original.value
    key = "swagger" if "swagger" in spec else "openapi"
    version = str(spec.get(key, ""))
    if version in ("2", "2.0") if key == "swagger" else version.startswith(("3.0", "3.1")):
        return
    if version:
        what = f"this is OpenAPI {version}, which API Gateway does not import"
        raise HomeportError(f"{original.file}:{original.line((key,))}: {what}", "write it in OpenAPI 3.0")
    what = "this is no OpenAPI document, nor a template of SAM or CloudFormation"
    raise HomeportError(f"{original.file}:{original.line((key,))}: {what}", "name one")


def _in_openapi_3(document: Document) -> Document:
    """Return a document of OpenAPI 2.0 or 3.1 in OpenAPI 3.0, one of 3.0 as it is. Raises ProjectError."""
    diagnostics = Diagnostics()
    converted = in_openapi_3(document, diagnostics)
    if errors := [problem for problem in diagnostics.all() if problem.severity == "error"]:
        raise ProjectError(errors)
    return converted


def _note_lost_comments(file: Path, adoption: Adoption) -> None:
    if file.suffix != ".json" and type(adoption.spec) is dict:
        text = file.read_text(encoding="utf-8-sig")
        if len(text) > _LARGE and (found := re.search(r"^ *# ", text, re.MULTILINE)):
            line = text.count("\n", 0, found.start()) + 1
            adoption.unmapped.append(f"{file.name}:{line}: the comments of so large a document")


def _editable(file: Path, original: Document) -> Json:
    """Return the document for changes, with its comments where YAML allows to keep them."""
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".json" or len(text) > _LARGE or text.lstrip().startswith("{") or _NOT_KEPT.search(text):
        return copy.deepcopy(dict(original.value))
    return cast(Json, _round_trip().load(text))


def _round_trip() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _document_text(spec: Json, file: Path) -> str:
    if type(spec) is dict:
        return dump(spec, quick=file.stat().st_size > _LARGE)
    sink = io.StringIO()
    _round_trip().dump(spec, sink)
    return sink.getvalue()


def _mend_info(adoption: Adoption, title: str) -> None:
    _mend_title(adoption.spec, title)


def _mend_title(spec: Json, title: str) -> None:
    info = spec.setdefault("info", {})
    if not isinstance(info.get("title"), str):
        info["title"] = title
    if not isinstance(info.get("version"), str):
        info["version"] = str(info.get("version") or "1.0.0")


def _deploy_texts(adoption: Adoption, into: Path) -> dict[Path, str]:
    lines = [f"flavor: {adoption.flavor}"]
    lines += [f'payloadFormat: "{adoption.payload_format}"'] if adoption.flavor == "http" else []
    lines += ["runtime: python3.13", "architecture: arm64", "memory: 256                # MB"]
    lines += ["timeout: 10                # seconds", "throttle: {rate: 1000, burst: 500}", "logRetentionDays: 14"]
    stages = _STAGES.format(defaults="\n".join(f"  {line}" for line in lines))
    made = {Path(STAGES_FILE): stages, Path(RESOURCES_FILE): dump({"Resources": {}})}
    main = Path("deploy", "__main__.py")
    if (file := home_of(PACKAGE) / main).is_file():
        made[main] = file.read_text(encoding="utf-8")
    return _missing_files(into, made)


def _service_texts(into: Path, adoption: Adoption) -> dict[Path, str]:
    """Return the handlers, made from the document as it was written, and the helper modules."""
    document, problems = read_document(into, SPEC.name)
    if document is None:
        raise ProjectError(problems)
    base, texts = lacking_helpers(into)
    made = dict(texts)
    for path, method, operation in operations(document.value):
        if not (operation.get("x-homeport") or {}).get("handler") and not has_backend(operation):
            place = Path("service", "handlers", f"{snake_case(operation['operationId'])}.py")
            made[place] = adopted_handler_text(path, method, operation, document.value, base)
    for module, simple in adoption.authorizers.items():
        made[Path("service", "handlers", f"{module}.py")] = authorizer_text(simple)
    made[Path("service", "requirements.txt")] = _REQUIREMENTS
    _, heading, checks = DEFAULT_CONFIG.read_text(encoding="utf-8").partition("[checks]\n")
    made[CONFIG] = f"{_CONFIG}{heading}{_STATELESS}{checks}"
    return _missing_files(into, made)


def _surrounding_files(into: Path, title: str, url: str, requirement: str) -> dict[Path, str]:
    shared = {place: file.read_text(encoding="utf-8") for place, file in shared_files().items()}
    skeleton = skeleton_texts(into, slug(into.name), title, url, requirement)
    return {**_missing_files(into, shared), **skeleton}


def _missing_files(into: Path, texts: Mapping[Path, str]) -> dict[Path, str]:
    """Return the texts whose files do not exist yet."""
    return {path: text for path, text in texts.items() if not (into / path).exists()}
