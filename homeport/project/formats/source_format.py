"""A format of project files, which is read as a CloudFormation template whose values know the owner's file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from homeport.project.model import TableSeed
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document


@dataclass(frozen=True, slots=True)
class FormatRequest:
    """A request to read a project. ``file`` is the format's main file, relative to ``root``, which is absolute.

    ``stage_key`` is the stage of ``--stage``. ``environ`` are the variables of the shell.
    """

    root: Path
    file: str
    stage_key: str
    environ: Mapping[str, str]
    inputs: ProjectInputs


@dataclass(frozen=True, slots=True)
class FormatTemplate:
    """A project's resources as a template of CloudFormation or SAM.

    Code is a local path (``Code: ../src`` of a function), relative to the file of that value. ``inputs`` are those that
    the template itself still takes: a format leaves out the parameters that it has used. ``files`` are all files,
    relative to the project, whose change changes the template, and ``folders`` those in which any new file may.
    ``stack_name`` and ``region`` are those with which the format deploys the stack, ``""`` where it does not say.
    ``table_seeds`` are what it fills tables with on a developer's machine.
    """

    document: Document
    inputs: ProjectInputs
    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    stack_name: str = ""
    region: str = ""
    table_seeds: tuple[TableSeed, ...] = ()


class SourceFormat(Protocol):
    """A format. ``name`` is what its owners call it, as in messages; ``deploy_command`` is their own way to AWS."""

    @property
    def name(self) -> str:
        """The name that its owners use, such as ``Serverless Framework``."""

    @property
    def deploy_command(self) -> str:
        """The command by which a project of the format is deployed, such as ``sam deploy``."""

    def find(self, root: Path) -> str | None:
        """Return the main file of a project, relative to ``root``, or None. Each start asks: it reads little."""

    def is_named(self, file: str) -> bool:
        """Return whether a file that ``--template`` names is of this format, by its name."""

    def read(self, request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
        """Read a project; None if it can't be read. Every problem has the owner's file and line."""
