"""The document of a project at a git revision. Asks git.

An openapi.yaml is read from the revision. A template's document is derived from many files, so the project's folder of
the revision is laid out in a temporary one and read as a project.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from homeport.contract.document.since.comparison import ChangesSince, compare_documents
from homeport.errors import HomeportError
from homeport.project.load import read_project
from homeport.project.openapi.dialects import openapi_document
from homeport.project.project import NO_INPUTS, SPEC_FILES, Project, ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document, read_document

_TIMEOUT = 60.0


def changes_since(project: Project, revision: str, inputs: ProjectInputs = NO_INPUTS) -> ChangesSince:
    """Return the changes of a project's document since a revision of git. Raises HomeportError without that."""
    now = project.contract or project.documents.spec
    return compare_documents(document_at(project, revision, inputs), now, revision)


def document_at(project: Project, revision: str, inputs: ProjectInputs = NO_INPUTS) -> Document:
    """Return a project's document as it was at a revision. Raises HomeportError."""
    _check_revision(project.root, revision)
    if project.template and project.contract is None:
        return _derived_document(project, revision, inputs)
    file = (project.contract or project.documents.spec).file
    for name in dict.fromkeys((file, *(() if project.contract else SPEC_FILES))):
        content = _git(project.root, "show", f"{revision}:./{name}")
        if content is not None:
            return _read(name, content, revision)
    raise HomeportError(f"{revision} has no {file}", "name a revision that has it")


def _check_revision(root: Path, revision: str) -> None:
    # A revision that begins with - would be an option.
    if revision.startswith("-") or _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is None:
        inside = _git(root, "rev-parse", "--git-dir") is not None
        why = f"there is no revision {revision!r} in git" if inside else f"{root} is in no repository of git"
        raise HomeportError(why, "name a tag, a branch or a commit; a shallow clone lacks the older ones")


def _read(name: str, content: bytes, revision: str) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        document, problems = read_document(Path(folder), name)
    if document is None:
        raise HomeportError(f"the document at {revision} can't be read: {problems[0]}", "name another revision")
    return openapi_document(document, Diagnostics())


def _derived_document(project: Project, revision: str, inputs: ProjectInputs) -> Document:
    """Return the document that the template of a revision describes."""
    archive = _git(project.root, "archive", "--format=tar", revision)
    if archive is None:
        raise HomeportError(f"git can't give the files of {revision}", "name another revision")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        found, problems = read_project(Path(folder), project.stage.key, inputs=inputs)
    every = found.every_api if found is not None else ()
    same = next((each for each in every if each.api.name == project.api.name), None)
    if same is None:
        why = next((f": {problem}" for problem in problems if problem.severity == "error"), "")
        raise HomeportError(
            f"the template at {revision} has no API {project.api.name or project.template}{why}",
            "compare with a revision that has it, or give the API's document with --openapi",
        )
    return same.documents.spec


def _git(root: Path, *arguments: str) -> bytes | None:
    """Return what git prints, None where it fails."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
