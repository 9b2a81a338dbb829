"""A deployed stage for tests: a copy of the project, the commands that people type, and requests to what they made."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import boto3
import requests

ROOT = Path(__file__).parents[2]
_COPIED = ("openapi.yaml", "service", "deploy", "tests/contract/schemathesis.toml")
_MARK = "x-code"
_BROKEN = """
  BrokenHandle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Broken:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: ItemsTable
    Properties: {Handle: !Ref BrokenHandle, Timeout: "2"}
"""


@dataclass
class Life:
    """``root`` is where the project is copied to. ``item`` is one that has to stay."""

    root: Path
    stage: str
    item: str = ""
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True)
        for name in _COPIED:
            source, target = ROOT / name, self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def run(self, command: str, *options: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """``homeport COMMAND --stage STAGE``, which has to end with an exit status."""
        words = [
            sys.executable,
            "-m",
            "homeport",
            command,
            "--project",
            str(self.root),
            "--stage",
            self.stage,
            *options,
        ]
        done = subprocess.run(
            words, cwd=self.root, env=os.environ, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == status, (
            f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def url(self) -> str:
        """Where the API answers."""
        return self.run("open", "--print").stdout.strip()

    def create(self, name: str) -> str:
        """Make an item; its id."""
        item = uuid4().hex
        made = self._session.post(f"{self.url()}/items", json={"itemId": item, "name": name}, timeout=60)
        assert made.status_code == 201, made.text
        return item

    def read(self, item: str) -> bool:
        """Whether an item is there."""
        return self._session.get(f"{self.url()}/items/{item}", timeout=60).status_code == 200

    def mark_code(self, mark: str) -> None:
        """Change the code so that its answers tell it from other code."""
        file = self.root / "service" / "handlers" / "get_item.py"
        text = file.read_text()
        assert "def handler" not in text.partition("# mark")[2]
        file.write_text(f"{text}\n{_marking(mark)}")

    def code_mark(self) -> str:
        """Which code answers, "" for the one that was not marked."""
        answer = self._session.get(f"{self.url()}/items/{self.item or 'none'}", timeout=60)
        return answer.headers.get(_MARK, "")

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        """The project with other code, and with something to wait for that never comes."""
        files = [self.root / "deploy" / "resources.yaml", self.root / "service" / "store.py"]
        before = [file.read_text() for file in files]
        files[0].write_text(before[0] + _BROKEN)
        files[1].write_text(before[1] + "\n# other code\n")
        try:
            yield
        finally:
            for file, text in zip(files, before, strict=True):
                file.write_text(text)


def _marking(mark: str) -> str:
    return f"""
# mark
_unmarked = handler


def with_marks(event, context):
    reply = _unmarked(event, context)
    return {{**reply, "headers": {{**reply.get("headers", {{}}), "{_MARK}": "{mark}"}}}}


handler = with_marks
"""


def left_over() -> list[str]:
    """What is in the account: nothing, after the last stage is destroyed."""
    found = [f"function {each['FunctionName']}" for each in _client("lambda").list_functions()["Functions"]]
    found += [f"role {each['RoleName']}" for each in _client("iam").list_roles()["Roles"]]
    found += [f"table {name}" for name in _client("dynamodb").list_tables()["TableNames"]]
    found += [f"log group {each['logGroupName']}" for each in _client("logs").describe_log_groups()["logGroups"]]
    found += [f"API {each['Name']}" for each in _client("apigatewayv2").get_apis()["Items"]]
    found += [f"API {each['name']}" for each in _client("apigateway").get_rest_apis()["items"]]
    found += [f"bucket {each['Name']}" for each in _client("s3").list_buckets()["Buckets"]]
    found += [f"alarm {each['AlarmName']}" for each in _client("cloudwatch").describe_alarms()["MetricAlarms"]]
    stacks = _client("cloudformation").list_stacks()["StackSummaries"]
    return found + [f"stack {each['StackName']}" for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"]


def _client(service: str):  # type: ignore[no-untyped-def]
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
