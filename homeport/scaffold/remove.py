"""``homeport remove``: take an operation away with its settings, its handler and its test, or nothing at all.

A handler or test that is as ``homeport add`` writes it goes. One that was changed since is somebody's work: it stays,
and is named, unless it is asked for (``--force``). Schemas and tables that nothing uses any more stay too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError, ProjectError
from homeport.project.check import examine_project
from homeport.project.load import read_project
from homeport.project.model import ANY_METHOD, Operation
from homeport.project.names import did_you_mean
from homeport.project.node_code import node_file
from homeport.project.openapi.extensions import METHODS
from homeport.project.project import RESOURCES_FILE, STAGES_FILE, Project
from homeport.project.schema.references import pointer_keys
from homeport.project.source.document import Document, read_document
from homeport.project.source.yaml_text import long_form
from homeport.scaffold.add import CONTRACT_TESTS
from homeport.scaffold.files import handler_imports, write_together
from homeport.scaffold.handler_text import contract_test_text, handler_text
from homeport.scaffold.init import starter_projects
from homeport.scaffold.new_operation import NewOperation, table_uses
from homeport.scaffold.node_handler_text import node_handler_text
from homeport.scaffold.operation_entry import own_parameters
from homeport.scaffold.yaml_spans import SpanError, line_of, remove_entry

_ROUTE_SETTINGS = (("throttle", "routes"), ("cache", "routes"))
_METHODS = frozenset((*METHODS, ANY_METHOD))


@dataclass(frozen=True, slots=True)
class Removal:
    """The changes that take an operation away: new texts and deleted files by their paths in the project.

    ``kept`` has a line for each thing that stays, with the reason.
    """

    texts: Mapping[Path, str]
    deleted: tuple[Path, ...]
    kept: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return a line for each file, and for each thing that stays."""
        changed = (f"changed {place}" for place in self.texts)
        return [*changed, *(f"removed {place}" for place in self.deleted), *self.kept]


def remove_operation(root: Path, stage: str, name: str, *, force: bool = False, dry_run: bool = False) -> list[str]:
    """Remove an operation by its operationId. Return a line for each file, and for each thing that stays.

    ``force`` deletes a changed handler or test too; ``dry_run`` changes nothing. Raises HomeportError; then the project
    is unchanged.
    """
    project, problems = read_project(root, stage)
    if project is None:
        raise ProjectError(problems)
    operation = next((found for found in project.api.operations if found.named and found.id == name), None)
    if operation is None:
        known = [found.id for found in project.api.operations if found.named]
        raise HomeportError(f"there is no operation {name!r}", did_you_mean(name, known) if known else "")
    removal = _removal(project, operation, force)
    if dry_run:
        return removal.lines()
    known_problems = {(problem.file, problem.message) for problem in examine_project(root, stage)}
    with write_together(root, removal.texts, removal.deleted):
        _verify(project, operation)
        new = [
            problem for problem in examine_project(root, stage) if (problem.file, problem.message) not in known_problems
        ]
        if any(problem.severity == "error" for problem in new):
            raise ProjectError(new)
    return [*removal.lines(), *map(str, new)]


def _removal(project: Project, operation: Operation, force: bool) -> Removal:
    spec = project.spec_file.relative_to(project.root)
    texts = {spec: _without_operation(_read(project.spec_file), project.documents.spec, operation)}
    stages = project.root / STAGES_FILE
    if stages.is_file() and (text := _without_settings(stages, operation)) is not None:
        texts[Path(STAGES_FILE)] = text
    new = _as_added(project, operation)
    deleted, kept = [], []
    for place, written in ((_handler(project, operation), _handler_texts(project, new)), _test(project, new)):
        if place is None or not (project.root / place).is_file():
            continue
        others = _also_served(project, operation, place)
        if others:
            kept.append(f"kept {place}: {others} too")
        elif force or _read(project.root / place).replace("\r\n", "\n") in (*written, *_initial_texts(place)):
            deleted.append(place)
        else:
            kept.append(f"kept {place}: it is not as homeport wrote it (--force removes it too)")
    kept += [
        *_unused_now(project, operation, texts[spec]),
        *_still_named(project, operation, texts, deleted),
        *_still_called(project, operation, [*deleted, _test(project, new)[0]]),
    ]
    return Removal(texts, tuple(deleted), tuple(kept))


def _without_operation(text: str, spec: Document, operation: Operation) -> str:
    paths, path, method = operation.document_path
    item = spec.value["paths"][path]
    if "$ref" in item:
        raise HomeportError(
            f"{spec.file}:{spec.line((paths, path))}: {path} is a reference to {item['$ref']}", "remove it there"
        )
    # A path without an operation has nothing to say.
    alone = not (_METHODS & item.keys()) - {method}
    return remove_entry(text, (paths, path) if alone else (paths, path, method))


def _without_settings(stages: Path, operation: Operation) -> str | None:
    """Return deploy/stages.yaml without what it says of the route, None if it says nothing."""
    text = before = _read(stages)
    document, _ = read_document(stages.parents[1], STAGES_FILE, tags=long_form)
    value = document.value if document is not None else {}
    places = [("defaults",), *(("stages", name) for name in value.get("stages") or {})]
    for place in places:
        for setting in _ROUTE_SETTINGS:
            found = document.find((*place, *setting)) if document is not None else None
            named = found[0] if found is not None and isinstance(found[0], dict) else {}
            for key in dict.fromkeys((operation.id, operation.route_key)):
                if key in named:
                    text = remove_entry(text, (*place, *setting, key))
    return text if text != before else None


def _as_added(project: Project, operation: Operation) -> NewOperation:
    """Return the operation as it would be asked for with ``homeport add``."""
    paths, path, method = operation.document_path
    settings = project.documents.spec.value[paths][path][method].get("x-homeport")
    settings = settings if isinstance(settings, dict) else {}
    access = {target: tuple(actions) for target, actions in (settings.get("access") or {}).items()}
    return NewOperation(operation.id, operation.method, operation.path, access, settings.get("function"))


def _handler(project: Project, operation: Operation) -> Path | None:
    """Return the file of the operation's handler in ``service/``, None for other code and for other integrations."""
    function = project.api.functions.get(operation.function or "")
    if function is None:
        return None
    module = (operation.handler or function.handler).rpartition(".")[0]
    if function.code is None:
        return Path(*module.split(".")).with_suffix(".py")
    file = node_file(function.code.root, module) if function.code.root == project.root / "service" else None
    return file.relative_to(project.root) if file is not None else None


def _handler_texts(project: Project, new: NewOperation) -> tuple[str, ...]:
    try:
        uses = table_uses(new, project.resources)
        entry = project.documents.spec.value["paths"][new.path][new.method.lower()]
        in_python = handler_text(new, uses, handler_imports(project.root)[0])
        return in_python, node_handler_text(new, uses, own_parameters(entry))
    except (HomeportError, KeyError):
        # An operation that add does not write, such as one of any method.
        return ()


def _initial_texts(place: Path) -> Iterator[str]:
    """Yield the file as ``homeport init`` writes it, for each project to start from that has it: nobody's work yet."""
    for language in ("python", "node"):
        for starter in starter_projects(language=language).values():
            if place in starter:
                yield _read(starter[place])


def _test(project: Project, new: NewOperation) -> tuple[Path, tuple[str, ...]]:
    try:
        uses = table_uses(new, project.resources)
        texts = tuple(contract_test_text(new, uses, secured=secured) for secured in (False, True))
    except HomeportError:
        texts = ()
    return CONTRACT_TESTS / f"test_{new.module}.py", texts


def _also_served(project: Project, operation: Operation, place: Path) -> str:
    """Return what else the file answers, ``""`` if nothing."""
    for other in project.api.operations:
        if other != operation and _handler(project, other) == place:
            return f"it serves {other.route_key}"
    for function in project.api.functions.values():
        alone = operation.function == function.name and set(function.operations) <= {operation.id}
        module = function.handler.rpartition(".")[0]
        if not alone and not function.operations and place == Path(*module.split(".")).with_suffix(".py"):
            return f"it is the function {function.name}"
    return ""


def _unused_now(project: Project, operation: Operation, text: str) -> Iterator[str]:
    """Yield a line for each component of the document and each table that only this operation used.

    ``text`` is the document without it.
    """
    spec, (_, path, method) = project.documents.spec, operation.document_path
    document = spec.value
    item = {key: value for key, value in document["paths"][path].items() if key != method}
    left = {**document["paths"], path: item if _METHODS & item.keys() else {}}
    for key in sorted(_used_components(document) - _used_components({**document, "paths": left})):
        yield f"kept {'/'.join(key)} ({spec.file}:{line_of(text, key)}): nothing refers to it now"
    served = {function.name: set(function.operations) - {operation.id} for function in project.api.functions.values()}
    before = {target.partition("/")[0] for it in project.api.functions.values() for target in it.access}
    after = {
        target.partition("/")[0]
        for it in project.api.functions.values()
        if served[it.name] or not it.operations
        for target in it.access
    }
    for table in sorted((before - after) & project.resources.tables.keys()):
        source = project.resources.tables[table].source
        yield f"kept {table} ({source.file}:{source.line}): no function has access to it now"


def _used_components(document: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Return the components that the rest of a document refers to, directly or through other components."""
    used: set[tuple[str, ...]] = set()
    waiting: list[Any] = [value for key, value in document.items() if key != "components"]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
            reference = value.get("$ref")
            key = pointer_keys(reference)[:3] if isinstance(reference, str) and reference.startswith("#/") else ()
            if len(key) == 3 and key[0] == "components" and key not in used:
                used.add(key)
                waiting.append(((document.get("components") or {}).get(key[1]) or {}).get(key[2]))
        elif isinstance(value, list):
            waiting.extend(value)
    return used


def _still_named(
    project: Project, operation: Operation, texts: Mapping[Path, str], deleted: list[Path]
) -> Iterator[str]:
    """Yield a line for each place that names the operation after it has gone."""
    spec = project.spec_file.relative_to(project.root)
    tests = [file.relative_to(project.root) for file in sorted((project.root / CONTRACT_TESTS).glob("*.toml"))]
    for place in dict.fromkeys((spec, Path(STAGES_FILE), Path(RESOURCES_FILE), *tests)):
        if place in deleted or not (project.root / place).is_file():
            continue
        text = texts.get(place) or _read(project.root / place)
        for number, line in enumerate(text.splitlines(), start=1):
            if re.search(rf"\b{re.escape(operation.id)}\b", line) or operation.label in line:
                yield f"still named: {place}:{number}: {line.strip()}"


def _still_called(project: Project, operation: Operation, own: Collection[Path]) -> Iterator[str]:
    """Yield a line for each contract test that sends a request to the path after its last operation has gone.

    ``own`` are files of the operation, which are spoken of already.
    """
    if any(other.path == operation.path and other != operation for other in project.api.operations):
        return
    fixed, variable, _ = operation.path.partition("{")
    # After a quote, or after the base URL of an f-string.
    request = re.compile(r"[\"'}]" + re.escape(fixed) + ("" if variable else r"(?![\w/{-])"))
    for file in sorted((project.root / CONTRACT_TESTS).glob("test_*.py")):
        place = file.relative_to(project.root)
        lines = enumerate(_read(file).splitlines(), start=1) if place not in own and fixed != "/" else ()
        for number, line in ((number, line) for number, line in lines if request.search(line)):
            yield f"still called: {place}:{number}: {line.strip()}"
            break


def _verify(project: Project, operation: Operation) -> None:
    """Check that the document has lost the operation alone. Raises SpanError."""
    spec, (_, path, method) = project.documents.spec, operation.document_path
    document, _ = read_document(project.root, spec.file)
    before = dict(spec.value["paths"])
    item = {key: value for key, value in before.pop(path).items() if key != method}
    paths = {**before, path: item} if _METHODS & item.keys() else before
    if document is None or document.value != {**spec.value, "paths": paths}:
        raise SpanError(f"{spec.file} can't be changed in place", "remove the operation by hand")


def _read(file: Path) -> str:
    with file.open(encoding="utf-8", newline="") as stream:
        return stream.read()
