"""``homeport snapshot save|load|list|delete``: of the tables and the other services, in ``.homeport/snapshots``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.commands.arguments import LOCAL, NO_DEV, NO_DEV_HINT, choose_dev, dynamodb_url, read_chosen_project
from homeport.commands.json_output import Publish, json_output
from homeport.environment import state_dir
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.dynamodb.snapshot import SnapshotTables
    from homeport.project.project import Project

_INTERRUPTED = 130
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport snapshot``."""
    parser.add_argument("action", choices=("save", "load", "list", "delete"), help="what to do with a snapshot")
    parser.add_argument("name", metavar="NAME", nargs="?", type=_name, help="the snapshot's (list has none)")
    parser.add_argument(
        "--dynamodb",
        type=dynamodb_url,
        metavar="URL",
        help="the DynamoDB to use (default: a running homeport dev's; of another stage than local: AWS's)",
    )
    parser.add_argument(
        "--replace", action="store_true", help="save: over a snapshot of that name; load: over what the tables hold"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before loading into a stage on AWS")
    parser.add_argument(
        "--delete-protected-data", action="store_true", help="with --replace: of a protected stage on AWS too"
    )


def run(options: argparse.Namespace) -> int:
    """Save, load, list or delete. Raises HomeportError."""
    with json_output(options) as publish:
        publish({"action": options.action})
        return _run(options, state_dir(options.project.resolve()) / "snapshots", publish)


def _run(options: argparse.Namespace, folder: Path, publish: Publish) -> int:
    if options.action == "list":
        return _list(folder, publish)
    if options.name is None:
        raise HomeportError(f"snapshot {options.action} needs a name", f"homeport snapshot {options.action} NAME")
    from homeport.dynamodb.snapshot import SUFFIX

    file = folder / f"{options.name}{SUFFIX}"
    if options.action == "delete":
        return _delete(file, options.name)
    try:
        done = _save(options, file) if options.action == "save" else _load(options, file)
    except KeyboardInterrupt:
        _say("homeport: interrupted; nothing was changed")
        return _INTERRUPTED
    publish(done)
    return 0


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name: use up to 64 letters, digits, dots, dashes")
    return text


def _save(options: argparse.Namespace, file: Path) -> dict[str, Any]:
    from homeport.dynamodb.snapshot import save

    if file.exists() and not options.replace:
        raise HomeportError(f"there is a snapshot {options.name} already", "choose another name, or give --replace")
    target = _open_target(options)
    project = target.project
    services = _services_file(file)
    services.unlink(missing_ok=True)
    counts: Mapping[str, int] = {}
    # A project without tables may have services alone.
    if project.resources.tables or target.services is None:
        counts = save(target.tables, file, project.stage.key, datetime.now(UTC).isoformat(timespec="seconds"))
        print(f"saved {_sum(counts)} in {_relative_path(file, project)} ({_size(file.stat().st_size)})")
    with_services = target.services is not None and _save_services(target.services, services, project)
    return {"items": dict(counts), "services": with_services}


def _save_services(endpoint: str, file: Path, project: Project) -> bool:
    from homeport.aws.snapshot import ForeignServicesError, save_services

    try:
        size = save_services(endpoint, file, project.stage.key)
    except ForeignServicesError as error:
        _say(f"services: left out: {error}")
        return False
    print(f"saved what the other services hold in {_relative_path(file, project)} ({_size(size)})")
    return True


def _load(options: argparse.Namespace, file: Path) -> dict[str, Any]:
    from homeport.dynamodb.snapshot import load, read_snapshot_header

    services = _services_file(file)
    if file.exists() or not services.exists():
        read_snapshot_header(file)
    target = _open_target(options)
    counts: Mapping[str, int] = {}
    if file.exists():
        counts = load(target.tables, file, replace=options.replace)
        print(f"loaded {_sum(counts)} of {_relative_path(file, target.project)}")
    with_services = services.exists() and _load_services(target, services, replace=options.replace)
    return {"items": dict(counts), "services": with_services}


def _load_services(target: SnapshotTarget, file: Path, *, replace: bool) -> bool:
    from homeport.aws.snapshot import ForeignServicesError, load_services

    if target.services is None:
        _say("services: left out: no services of the kit run here")
        return False
    if not replace:
        _say("services: left out: what they hold is replaced as a whole, with --replace")
        return False
    try:
        load_services(target.services, file, target.project.stage.key)
    except ForeignServicesError as error:
        _say(f"services: left out: {error}")
        return False
    print(f"loaded what the other services held, from {_relative_path(file, target.project)}")
    return True


def _services_file(file: Path) -> Path:
    """Return the file beside a snapshot that has what the services hold."""
    from homeport.aws.snapshot import SUFFIX as SERVICES
    from homeport.dynamodb.snapshot import SUFFIX

    return file.with_name(file.name.removesuffix(SUFFIX) + SERVICES)


def _list(folder: Path, publish: Publish) -> int:
    from homeport.aws.snapshot import SUFFIX as SERVICES
    from homeport.dynamodb.snapshot import SUFFIX

    names = {file.name.removesuffix(suffix) for suffix in (SUFFIX, SERVICES) for file in folder.glob(f"[!.]*{suffix}")}
    found = [_read_snapshot(name, folder / f"{name}{SUFFIX}", folder / f"{name}{SERVICES}") for name in sorted(names)]
    publish({"snapshots": [asdict(each) for each in found]})
    for each in found:
        print(f"{each.name:<20} {_size(each.bytes):>9}  {', '.join(each.parts())}")
    if not found:
        print("there are no snapshots: homeport snapshot save NAME makes one")
    return 0


@dataclass(frozen=True)
class SavedSnapshot:
    """A snapshot in its folder. ``made`` is ``""`` without tables; ``problem`` says why it can't be read."""

    name: str
    bytes: int
    made: str
    stage: str
    tables: tuple[str, ...]
    services: bool
    problem: str | None

    def parts(self) -> Iterator[str]:
        """Yield what it holds, in words."""
        if self.made:
            yield f"{self.made}  stage {self.stage}: {', '.join(self.tables)}"
        if self.services:
            yield "the services" if self.made else f"the services of stage {self.stage}"
        if self.problem:
            yield self.problem


def _read_snapshot(name: str, file: Path, services: Path) -> SavedSnapshot:
    from homeport.aws.snapshot import saved_stage
    from homeport.dynamodb.snapshot import read_snapshot_header

    size = sum(each.stat().st_size for each in (file, services) if each.exists())
    made, stage, has_services = "", "", False
    tables: tuple[str, ...] = ()
    problem = None
    try:
        if file.exists():
            head = read_snapshot_header(file)
            made, stage, tables = head.made, head.stage, tuple(sorted(head.tables))
        if services.exists():
            stage = stage or saved_stage(services)
            has_services = True
    except HomeportError as error:
        problem = error.message
    return SavedSnapshot(name, size, made, stage, tables, has_services, problem)


def _delete(file: Path, name: str) -> int:
    found = [each for each in (file, _services_file(file)) if each.exists()]
    if not found:
        raise HomeportError(f"there is no snapshot {name}", "homeport snapshot list")
    for each in found:
        each.unlink()
    print(f"deleted {name}")
    return 0


@dataclass(frozen=True)
class SnapshotTarget:
    """The tables and the services that a snapshot is of; ``services`` is their endpoint, None: there are none."""

    project: Project
    tables: SnapshotTables
    services: str | None = None


def _open_target(options: argparse.Namespace) -> SnapshotTarget:
    from homeport.dynamodb.calls import is_aws
    from homeport.dynamodb.client import dynamodb_client
    from homeport.dynamodb.snapshot import SnapshotTables
    from homeport.dynamodb.tables import wait_until_answers

    if options.dynamodb is None and options.port is None and options.stage not in (None, LOCAL):
        project = read_chosen_project(options, options.stage)
        return SnapshotTarget(project, _on_aws(options, project))
    dev = None if options.dynamodb else choose_dev(options)
    endpoint = options.dynamodb or (dev.dynamodb if dev else None)
    if endpoint is None:
        raise HomeportError(NO_DEV, NO_DEV_HINT)
    if is_aws(endpoint):
        raise HomeportError(
            f"{endpoint} is AWS, where a stage's tables have other names", "give --stage, no --dynamodb"
        )
    project = read_chosen_project(options, options.stage)
    wait_until_answers(endpoint, project.stage.region, timeout=5)
    names = {logical_id: table.name for logical_id, table in project.resources.tables.items()}
    client = dynamodb_client(endpoint, project.stage.region)
    if dev is not None:
        _say(f"DynamoDB of homeport dev, {dev}")
    tables = SnapshotTables(client, names, makes_tables=True, say=_say)
    return SnapshotTarget(project, tables, dev.aws if dev is not None else None)


def _on_aws(options: argparse.Namespace, project: Project) -> SnapshotTables:
    from homeport.cloud.deploy_target import find_target
    from homeport.cloud.prompt import terminal_prompt
    from homeport.dynamodb.client import aws_client
    from homeport.dynamodb.snapshot import SnapshotTables

    target = find_target(project)
    where = f"{target.stack.name} of account {target.account} in {target.region}"
    found = target.stack.resources("AWS::DynamoDB::Table")
    names = {logical_id: found[logical_id] for logical_id in project.resources.tables if logical_id in found}
    if options.action == "save":
        # Tables of other stacks are read, and never written.
        names |= {logical_id: table.name for logical_id, table in project.stage.tables.items() if table.name}
    if not names:
        raise HomeportError(f"{where} has no tables", f"homeport deploy --stage {options.stage}")
    _say(f"DynamoDB of {where}")
    if options.action == "load":
        if options.replace and project.stage.deletion_protection and not options.delete_protected_data:
            raise HomeportError(f"stage {options.stage} is protected from deletion", "--delete-protected-data")
        if not options.yes:
            what = f"{options.name} is loaded into {where}" + (", over what is there." if options.replace else ".")
            terminal_prompt().confirm_by_name(what, target.stack.name, "--yes")
    return SnapshotTables(aws_client(target.region), names, makes_tables=False, say=_say)


def _sum(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    tables = f"{len(counts)} table{'' if len(counts) == 1 else 's'}"
    return f"{total:,} item{'' if total == 1 else 's'} of {tables}"


def _relative_path(file: Path, project: Project) -> str:
    return str(file.relative_to(project.root) if file.is_relative_to(project.root) else file)


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def _say(line: str) -> None:
    print(line, flush=True)
