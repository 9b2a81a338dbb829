"""What the fixtures of the pytest plugin hand out: an API to test, its tables, and a switch for faults."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from homeport.contract.stack import running_stack
from homeport.dynamodb.client import ACCESS_KEY, SECRET_KEY, is_aws
from homeport.errors import HomeportError
from homeport.runtime import fault_switch
from homeport.spec.load import load_project
from homeport.spec.names import did_you_mean
from homeport.spec.project import Project

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table


@dataclass(frozen=True)
class Target:
    """``dynamodb`` is the endpoint of the API's tables, ``switch`` the socket that takes faults; None: not known."""

    project: Project
    url: str
    dynamodb: str | None = None
    switch: Path | None = None

    @property
    def is_aws(self) -> bool:
        """Whether the tables are on AWS."""
        return self.dynamodb is not None and is_aws(self.dynamodb)


@contextlib.contextmanager
def opened(root: Path, stage: str, url: str | None, dynamodb: str | None) -> Iterator[Target]:
    """The API at ``url``, or for None that of a stack which runs as long as this is open. Raises HomeportError."""
    project = load_project(root, stage)
    if url is not None:
        yield Target(project, url.rstrip("/"), dynamodb)
        return
    # A socket's path is at most about 100 bytes long, so pytest's folders won't do.
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        switch = Path(folder) / "faults"
        options = ("--no-data", "--stage", stage, "--fault-switch", str(switch))
        with running_stack(root, options) as stack:
            yield Target(project, stack.url, stack.dynamodb, switch)


class Tables:
    """The tables of a target by their logical ids."""

    def __init__(self, target: Target) -> None:
        from localstack_client.session import Session

        host = urlsplit(target.dynamodb or "").netloc
        self._project = target.project
        region = target.project.stage.region
        session = Session(ACCESS_KEY, SECRET_KEY, region_name=region, localstack_host=host)
        self._resource: DynamoDBServiceResource = session.resource("dynamodb")
        self._found = {
            logical_id: {tuple(key.values()) for key in _keys(self(logical_id))}
            for logical_id in target.project.resources.tables
        }

    def __call__(self, logical_id: str) -> Table:
        """A table of deploy/resources.yaml. Raises HomeportError where it has none of that name."""
        if logical_id not in self._project.resources.tables:
            known = did_you_mean(logical_id, self._project.resources.tables)
            raise HomeportError(f"deploy/resources.yaml has no table {logical_id!r}", known)
        return self._resource.Table(self._project.stage.table_name(logical_id))

    @property
    def client(self) -> Any:
        """boto3's client of the same DynamoDB; it takes and gives Python values, as the tables do."""
        return self._resource.meta.client

    def clean(self) -> None:
        """Remove what was not there at first."""
        for logical_id, found in self._found.items():
            table = self(logical_id)
            with table.batch_writer() as batch:
                for key in _keys(table):
                    if tuple(key.values()) not in found:
                        batch.delete_item(Key=dict(key))


class FaultSwitch:
    """Lets DynamoDB fail while a test runs."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def __call__(self, *faults: str, seed: int = 0) -> None:
        """These go wrong from the next request on, and no others. They are written as for ``homeport dev --fault``.

        Raises SwitchError.
        """
        fault_switch.order(self._socket, faults, seed)

    def throttled(self, target: str = "*", probability: float = 1.0) -> None:
        """DynamoDB takes no more requests; ``target`` is a table, an index, an action of one, or all."""
        self(f"{target}=ProvisionedThroughputExceeded@{probability}")

    def slow(self, by: str = "1s", target: str = "*") -> None:
        """Each answer takes so much longer (``300ms``, ``1.5s``)."""
        self(f"{target}=latency:{by}")

    def gone(self, target: str = "*") -> None:
        """No answer comes, and nothing is done."""
        self(f"{target}=timeout")


def _keys(table: Table) -> Iterator[Mapping[str, Any]]:
    names = [part["AttributeName"] for part in table.key_schema]
    asked: dict[str, Any] = {
        "ProjectionExpression": ", ".join(f"#k{number}" for number in range(len(names))),
        "ExpressionAttributeNames": {f"#k{number}": name for number, name in enumerate(names)},
        "ConsistentRead": True,
    }
    while True:
        page = table.scan(**asked)
        yield from ({name: item[name] for name in names} for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
