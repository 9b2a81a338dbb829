"""``homeport snapshot save|load|list|delete``: snapshots of the tables, in ``.homeport/snapshots``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.commands.arguments import LOCAL, NO_DEV, NO_DEV_HINT, choose_dev, dynamodb_url, read_chosen_project
from homeport.environment import state_dir
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.dynamodb.snapshot import SnapshotTables
    from homeport.project.project import Project

_INTERRUPTED = 130
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport snapshot``."""
    parser.add_argument("action", choices=("save", "load", "list", "delete"))
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
    folder: Path = state_dir(options.project.resolve()) / "snapshots"
    if options.action == "list":
        return _list(folder)
    if options.name is None:
        raise HomeportError(f"snapshot {options.action} needs a name", f"homeport snapshot {options.action} NAME")
    from homeport.dynamodb.snapshot import SUFFIX

    file = folder / f"{options.name}{SUFFIX}"
    if options.action == "delete":
        return _delete(file, options.name)
    try:
        return _save(options, file) if options.action == "save" else _load(options, file)
    except KeyboardInterrupt:
        _say("homeport: interrupted; nothing was changed")
        return _INTERRUPTED


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name: use up to 64 letters, digits, dots, dashes")
    return text


def _save(options: argparse.Namespace, file: Path) -> int:
    from homeport.dynamodb.snapshot import save

    if file.exists() and not options.replace:
        raise HomeportError(f"there is a snapshot {options.name} already", "choose another name, or give --replace")
    project, tables = _open_tables(options)
    counts = save(tables, file, project.stage.key, datetime.now(UTC).isoformat(timespec="seconds"))
    print(f"saved {_sum(counts)} in {_relative_path(file, project)} ({_size(file.stat().st_size)})")
    return 0


def _load(options: argparse.Namespace, file: Path) -> int:
    from homeport.dynamodb.snapshot import load, read_snapshot_header

    read_snapshot_header(file)
    project, tables = _open_tables(options)
    counts = load(tables, file, replace=options.replace)
    print(f"loaded {_sum(counts)} of {_relative_path(file, project)}")
    return 0


def _list(folder: Path) -> int:
    from homeport.dynamodb.snapshot import SUFFIX, read_snapshot_header

    files = sorted(folder.glob(f"[!.]*{SUFFIX}"))
    for file in files:
        try:
            head = read_snapshot_header(file)
            what = f"{head.made}  stage {head.stage}: {', '.join(sorted(head.tables))}"
        except HomeportError as error:
            what = error.message
        print(f"{file.name.removesuffix(SUFFIX):<20} {_size(file.stat().st_size):>9}  {what}")
    if not files:
        print("there are no snapshots: homeport snapshot save NAME makes one")
    return 0


def _delete(file: Path, name: str) -> int:
    try:
        file.unlink()
    except FileNotFoundError:
        raise HomeportError(f"there is no snapshot {name}", "homeport snapshot list") from None
    print(f"deleted {name}")
    return 0


def _open_tables(options: argparse.Namespace) -> tuple[Project, SnapshotTables]:
    from homeport.dynamodb.client import dynamodb_client, is_aws
    from homeport.dynamodb.snapshot import SnapshotTables
    from homeport.dynamodb.tables import wait_until_answers

    if options.dynamodb is None and options.port is None and options.stage not in (None, LOCAL):
        project = read_chosen_project(options, options.stage)
        return project, _on_aws(options, project)
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
    return project, SnapshotTables(client, names, makes_tables=True, say=_say)


def _on_aws(options: argparse.Namespace, project: Project) -> SnapshotTables:
    from homeport.cloud.deploy_target import find_target
    from homeport.cloud.prompt import terminal_prompt
    from homeport.dynamodb.client import aws_client
    from homeport.dynamodb.snapshot import SnapshotTables

    target = find_target(project)
    where = f"{target.stack.name} of account {target.account} in {target.region}"
    found = target.stack.resources("AWS::DynamoDB::Table")
    names = {logical_id: found[logical_id] for logical_id in project.resources.tables if logical_id in found}
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
    return str(file.relative_to(project.root))


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def _say(line: str) -> None:
    print(line, flush=True)
