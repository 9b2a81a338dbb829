"""``homeport add``: write an operation with its handler, its test and its access, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from homeport.errors import HomeportError, ProjectError
from homeport.project.check import examine_project
from homeport.project.languages import language_of
from homeport.project.load import read_project
from homeport.project.names import snake_case
from homeport.project.project import Project
from homeport.project.source.document import Document, read_document
from homeport.scaffold.files import HandlerImports, handler_imports, write_together
from homeport.scaffold.handler_text import contract_test_text, handler_text
from homeport.scaffold.init import skeleton_files
from homeport.scaffold.new_operation import NewOperation, table_uses
from homeport.scaffold.node_handler_text import node_handler_text
from homeport.scaffold.operation_entry import operation_entry, own_parameters
from homeport.scaffold.yaml_spans import SpanError, add_entry

CONTRACT_TESTS = Path("tests", "contract")
_CONFTEST = CONTRACT_TESTS / "conftest.py"


def add_operation(root: Path, stage: str, new: NewOperation) -> list[str]:
    """Add an operation to the project. Return a line for each file.

    Raises HomeportError; then the project is unchanged.
    """
    project, problems = read_project(root, stage)
    if project is None:
        raise ProjectError(problems)
    _reject_duplicates(project, new)
    texts = _texts(project, new)
    known = {(problem.file, problem.message) for problem in examine_project(root, stage)}
    with write_together(root, texts):
        _verify(project, new)
        found = [problem for problem in examine_project(root, stage) if (problem.file, problem.message) not in known]
        if any(problem.severity == "error" for problem in found):
            raise ProjectError(found)
    spec = project.spec_file.relative_to(root)
    return [*(f"{'changed' if place == spec else 'wrote'} {place}" for place in texts), *map(str, found)]


def _texts(project: Project, new: NewOperation) -> Mapping[Path, str]:
    root = project.root
    # Modules of Node.js stand alone; Python's import helpers of the project.
    in_node = _in_node(project)
    imports, texts = (HandlerImports(), {}) if in_node else handler_imports(root)
    used = table_uses(new, project.resources)
    document = project.documents.spec.value
    spec = project.spec_file.relative_to(root)
    entry = operation_entry(new, used, document)
    secured = bool(document.get("security"))
    added = {
        spec: add_entry(_read(root / spec), ("paths", new.path), new.method.lower(), entry),
        _handler(new, project): (
            node_handler_text(new, used, own_parameters(entry)) if in_node else handler_text(new, used, imports)
        ),
        _test(new): contract_test_text(new, used, secured=secured),
    }
    return {**texts, **_conftest(root), **added}


def _conftest(root: Path) -> Mapping[Path, str]:
    """Return conftest.py with the fixture ``api`` if it is missing. Raises HomeportError for another one."""
    if not (root / _CONFTEST).exists():
        return {_CONFTEST: _read(skeleton_files()[_CONFTEST])}
    if "def api(" not in _read(root / _CONFTEST):
        raise HomeportError(f"{_CONFTEST} has no fixture `api`, the API's base URL", "add one that returns it")
    return {}


def _in_node(project: Project) -> bool:
    return language_of(project.stage.runtime) == "node"


def _handler(new: NewOperation, project: Project) -> Path:
    return Path("service", "handlers", f"{new.module}.{'mjs' if _in_node(project) else 'py'}")


def _test(new: NewOperation) -> Path:
    return CONTRACT_TESTS / f"test_{new.module}.py"


def _reject_duplicates(project: Project, new: NewOperation) -> None:
    for operation in project.api.operations:
        where = f"{operation.source.file}:{operation.source.line}"
        if (operation.method, operation.path) == (new.method, new.path):
            raise HomeportError(f"{where}: {new.method} {new.path} is there already", "choose another path")
        if snake_case(operation.id) == new.module:
            raise HomeportError(f"{where}: the operationId {operation.id} is taken", "choose another one")
    for place in (_handler(new, project), _test(new)):
        if (project.root / place).exists():
            raise HomeportError(f"{place}:1: exists already", "choose another operationId, or remove it")
    _reject_unread(project.documents.spec, new)


def _reject_unread(spec: Document, new: NewOperation) -> None:
    """Reject an operation that is in the document but that could not be read."""
    at = ("paths", new.path, new.method.lower())
    if spec.find(at) is not None:
        raise HomeportError(f"{spec.file}:{spec.line(at)}: {new.method} {new.path} is there already")
    found = spec.find(("paths", new.path, "$ref"))
    if found is not None:
        where = f"{spec.file}:{spec.line(('paths', new.path))}"
        raise HomeportError(f"{where}: {new.path} is a reference to {found[0]}", "write it out, then add to it")


def _verify(project: Project, new: NewOperation) -> None:
    """Check that the document has changed by the new operation alone. Raises SpanError."""
    spec = project.documents.spec
    document, _ = read_document(project.root, spec.file)
    before = spec.value.get("paths") or {}
    now = document.value if document is not None else {"paths": {}}
    paths = {path: dict(item) if isinstance(item, dict) else item for path, item in now["paths"].items()}
    paths.get(new.path, {}).pop(new.method.lower(), None)
    if not paths.get(new.path) and new.path not in before:
        paths.pop(new.path, None)
    if document is None or {**now, "paths": paths} != {**spec.value, "paths": before}:
        raise SpanError(f"{spec.file} can't be added to in place", "write the operation by hand")


def _read(file: Path) -> str:
    with file.open(encoding="utf-8", newline="") as stream:
        return stream.read()
