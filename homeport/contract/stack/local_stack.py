"""``open_stack``: a local stack of a run's own, and ``LocalStack``, its controls."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.contract.stack.access import Holds, LoggedExchange
from homeport.contract.stack.engine_orders import put_item, scan, set_lag
from homeport.contract.stack.log_reader import LogReader
from homeport.errors import HomeportError
from homeport.project.cloudformation.permissions.missing_rights import access_target
from homeport.project.model import Table
from homeport.project.names import did_you_mean
from homeport.project.project import NO_INPUTS, Project, ProjectInputs
from homeport.runtime.control import flush_log, read_faults, renew_environments, send_faults
from homeport.runtime.holds import holding


class LocalStack:
    """The controls of a running stack (``StackAccess``).

    ``control`` is its control socket, ``dynamodb`` the endpoint of its embedded engine, ``record`` the folder of its
    exchange log; None: it has none.
    """

    def __init__(self, project: Project, control: Path, dynamodb: str | None, record: Path | None = None) -> None:
        self._project = project
        self._control = control
        self._dynamodb = dynamodb
        tables = project.resources.tables.values()
        target_of = partial(access_target, tables=tuple(tables))
        self._log = LogReader(record, target_of, partial(flush_log, control)) if record is not None else None
        self._tables = {table.name: table.logical_id for table in tables}
        stage, functions = project.stage, project.api.functions.values()
        self._functions = {each.physical_name or stage.function_name(each.name): each.name for each in functions}

    @contextlib.contextmanager
    def faults(self, *texts: str, seed: int = 0) -> Iterator[None]:
        """Have DynamoDB fail so within the context; afterwards it fails as before. Raises ControlError."""
        before = read_faults(self._control)
        send_faults(self._control, texts, seed)
        try:
            yield
        finally:
            send_faults(self._control, [fault.text for fault in before.faults], before.seed)

    @contextlib.contextmanager
    def hold(self, target: str = "*") -> Iterator[Holds]:
        """Have the calls to ``target`` wait before they are sent, within the context. Raises ControlError."""
        with holding(self._control, target, name_of=self._logical_id, function_of=self._function_name) as holds:
            yield holds

    @contextlib.contextmanager
    def eventual(self) -> Iterator[None]:
        """Have eventually consistent reads see each item as it was before its latest write within the context."""
        endpoint = self._require_engine()
        set_lag(endpoint, None)
        try:
            yield
        finally:
            set_lag(endpoint, 0)

    def new_environments(self) -> None:
        """Have the next request of every function meet a cold start. Raises ControlError."""
        renew_environments(self._control)

    def find_log(self, request_id: str) -> LoggedExchange | None:
        """Return what was logged of a request; None where it is not known. It may take the log a moment."""
        return self._log.find(request_id) if self._log is not None else None

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the stored items of a table. Raises HomeportError."""
        return list(scan(self._require_engine(), self._table(table).name))

    def put_item(self, table: str, item: Mapping[str, Any]) -> None:
        """Store an item in place of the one with its key. Raises HomeportError."""
        put_item(self._require_engine(), self._table(table).name, item)

    def describe(self, table: str) -> Mapping[str, Any]:
        """Return the properties of a table as CloudFormation has them. Raises HomeportError for an unknown table."""
        return self._table(table).properties

    def _table(self, logical_id: str) -> Table:
        tables = self._project.resources.tables
        if logical_id not in tables:
            raise HomeportError(f"the project has no table {logical_id!r}", did_you_mean(logical_id, tables))
        return tables[logical_id]

    def _require_engine(self) -> str:
        if self._dynamodb is None:
            raise HomeportError("the stack has no DynamoDB", "leave out --dynamodb none")
        return self._dynamodb

    def _logical_id(self, name: str) -> str:
        return self._tables.get(name, name)

    def _function_name(self, name: str) -> str:
        return self._functions.get(name, name)


@dataclass(frozen=True, slots=True)
class ControlledStack:
    """A running stack, with its controls. ``record`` is the folder of its exchange log.

    ``url`` is the base URL of its first API, ``urls`` those of all by their names.
    """

    stack: Stack
    access: LocalStack
    record: Path
    url: str
    urls: Mapping[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def open_stack(
    project: Project,
    inputs: ProjectInputs = NO_INPUTS,
    options: Sequence[str] = (),
    *,
    bodies: bool = True,
    record: Path | None = None,
) -> Iterator[ControlledStack]:
    """Start a stack of ``project`` on free ports, with empty tables but for the seed, and end it afterwards.

    ``inputs`` are those with which the project was read, ``options`` further ones of ``homeport dev``. With ``bodies``
    the log has the bodies of calls to DynamoDB. ``record`` is the folder of the log, None: one that goes with the
    stack. Raises StackError.
    """
    # A socket's path is at most about 100 bytes long.
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        control, record = Path(folder, "control"), record or Path(folder, "record")
        record.mkdir(exist_ok=True)
        own = ["--no-data", "--stage", project.stage.key, "--control", str(control), "--record", str(record)]
        own += [*(["--record-bodies"] if bodies else []), *inputs.to_options(), *options]
        with running_stack(project.root, own) as stack:
            access = LocalStack(project, control, stack.dynamodb, record)
            yield ControlledStack(stack, access, record, stack.url, stack.urls)
