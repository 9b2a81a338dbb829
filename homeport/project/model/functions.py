"""The Lambda functions, and their code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.project.model.source import Source
from homeport.project.model.stage import Stage


@dataclass(frozen=True, slots=True)
class EsbuildOptions:
    """The options with which esbuild builds the folder of a function's code.

    ``entry_points`` are files relative to that folder, and ``options`` the command line's others. ``folder`` is where
    what is made goes. ``shown`` is the code's folder in messages, relative to the project.
    """

    entry_points: tuple[str, ...]
    options: tuple[str, ...]
    folder: Path
    shown: str


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """The code of a function that has its own, as a template's ``CodeUri`` or ``x-homeport: {code: …}`` gives it.

    ``root`` is the absolute folder that stands at /var/task, from which modules are imported. ``requirements`` is the
    pip file that lists its packages, None if it needs none or if they are in ``root`` already. ``layers`` are the
    folders that are laid over each other at /opt, the first one lowest. ``packages`` are pip requirements in place of
    public layers (``aws-lambda-powertools[all]==3.2.0``); ``-r FILE`` stands for the packages that a pip file lists.
    ``written_layers`` are those of ``x-homeport`` in their order, each a folder relative to the project or an ARN.
    ``manifests`` are the package.json of Node.js whose packages are in no node_modules, and ``package_files`` those
    files of ``root`` which change with its packages.
    ``build`` are the options with which esbuild builds ``root`` before it is run, None where it is run as it is.
    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
    """

    root: Path
    requirements: Path | None = None
    layers: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()
    written_layers: tuple[str, ...] = ()
    manifests: tuple[Path, ...] = ()
    package_files: tuple[Path, ...] = ()
    build: EsbuildOptions | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold its files; that of a layer may be a link."""
        links = (layer / name for layer in self.layers for name in ("python", "nodejs"))
        return (self.root, *self.layers, *(link.resolve() for link in links if link.is_symlink()))

    @property
    def requirement_files(self) -> tuple[Path, ...]:
        """The pip files that list its packages and those of its layers, and the files of npm that do."""
        of_layers = (Path(line.removeprefix("-r ")) for line in self.packages if line.startswith("-r "))
        own = (self.requirements,) if self.requirements is not None else ()
        return (*own, *of_layers, *dict.fromkeys((*self.manifests, *self.package_files)))


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function.

    ``handler`` is Lambda's Handler setting, ``service.handlers.create_item.handler``. ``access`` maps a table
    (``ItemsTable``) or index (``ItemsTable/byStatus``) to the DynamoDB actions allowed on it. ``memory`` is MB,
    ``timeout`` seconds; None means the stage's. ``operations`` are the operation ids that it serves; it is empty
    for a Lambda authorizer. ``generated`` says that ``handler`` is a dispatcher that the kit writes for a group.
    ``code`` is None for a function of the package ``service``. ``runtime`` (``python3.13``) and ``architecture``
    (``arm64``) are ``""`` where the stage's hold, ``physical_name`` where the kit names the function.
    ``environment`` has the function's own variables, their values worked out; ``written_environment`` has those of
    ``x-homeport`` as they are written (``{"Ref": "ItemsTable"}``), for CloudFormation. ``alias`` is the alias by which
    the API invokes a published version, ``""``: it invokes ``$LATEST``. ``log_format`` (``JSON``) and ``log_level``
    (``DEBUG``) are ``""`` where the stage's hold. ``fault`` says why no call can succeed, ``""`` where calls can.
    ``policies`` are the statements of its role beside ``access``, ``boundary`` those that limit them, and ``role_name``
    is AWS's name of the role. ``role_source`` is where a template has the role, None outside of templates; a role that
    SAM makes is where its function is. ``owner_name`` is the name that another tool's configuration has for it.
    """

    name: str
    handler: str
    source: Source
    operations: tuple[str, ...] = ()
    memory: int | None = None
    timeout: int | None = None
    reserved_concurrency: int | None = None
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[Mapping[str, Any], ...] = ()
    generated: bool = False
    code: FunctionCode | None = None
    runtime: str = ""
    architecture: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    physical_name: str = ""
    written_environment: Mapping[str, Any] = field(default_factory=dict)
    alias: str = ""
    log_format: str = ""
    log_level: str = ""
    fault: str = ""
    boundary: tuple[Mapping[str, Any], ...] | None = None
    role_name: str = ""
    role_source: Source | None = None
    owner_name: str = ""


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """The settings of a function in a stage: ``memory`` is MB, ``timeout`` seconds.

    ``reserved_concurrency`` is None for a function that takes its environments from the account's shared ones.
    """

    memory: int
    timeout: int
    reserved_concurrency: int | None


def effective_settings(function: Function, stage: Stage) -> FunctionSettings:
    """Return a function's own settings, or the stage's where the function has none."""
    concurrency = function.reserved_concurrency
    return FunctionSettings(
        memory=function.memory or stage.memory,
        timeout=function.timeout or stage.timeout,
        reserved_concurrency=stage.reserved_concurrency if concurrency is None else concurrency,
    )
