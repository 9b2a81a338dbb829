"""AWS for the tests of deploys: emulators as processes, and a prompt that keeps its lines and questions."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from homeport.child_process import end_process
from homeport.cloud.apply import Consent
from homeport.cloud.deploy import DeployOptions, deploy
from homeport.cloud.prompt import Prompt
from homeport.environment import read_environment
from homeport.package_cache import package_set
from homeport.project.load import load_project
from homeport.project.project import Project
from tests.support.ministack import running_ministack
from tests.support.ports import free_ports

SERVICES = ("apigateway", "cloudformation", "cloudwatch", "dynamodb", "iam", "lambda", "logs", "s3", "ssm", "sts")
YES = DeployOptions(Consent(changes=True), smoke=False)
_MOTO = Path(__file__).parents[1] / "cloud" / "moto.txt"
_PATIENCE = 60.0


@dataclass
class RecordedPrompt:
    """A prompt for tests: ``lines`` is what was said, ``answers`` are given in their order, None: nobody is there."""

    answers: list[str] | None = None
    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    @property
    def prompt(self) -> Prompt:
        """What a command gets."""
        ask = None if self.answers is None else self._answer
        return Prompt(self.lines.append, ask, sleep=lambda _: time.sleep(0.05))

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.lines)

    def _answer(self, question: str) -> str:
        self.questions.append(question)
        return (self.answers or [""]).pop(0)


@dataclass
class Calls:
    """Every call that was made to AWS."""

    made: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def on_call(self, service: str, operation: str, parameters: dict[str, Any]) -> None:
        """What an ``AwsClient`` is given to tell."""
        self.made.append((service, operation, parameters))

    @property
    def names(self) -> list[str]:
        """``s3:PutObject`` and so on, in their order."""
        return [f"{service}:{operation}" for service, operation, _ in self.made]


def deployed(
    root: Path, stage: str = "dev", recorded: RecordedPrompt | None = None, calls: Calls | None = None
) -> RecordedPrompt:
    """Deploy a project without being asked, and without a smoke test."""
    recorded = recorded or RecordedPrompt()
    assert deploy(load_project(root, stage), YES, recorded.prompt, (calls or Calls()).on_call) == 0
    return recorded


def project_in(root: Path, stage: str = "dev") -> Project:
    """The project as its files are now."""
    return load_project(root, stage)


@contextlib.contextmanager
def at_ministack(folder: Path, services: Sequence[str] = SERVICES) -> Iterator[str]:
    """ministack as AWS for this process and its children; where it answers."""
    with running_ministack(folder, services) as url, pointed_at(url):
        yield url


@contextlib.contextmanager
def at_moto(folder: Path) -> Iterator[str]:
    """moto's server as AWS for this process and its children; where it answers."""
    version = "{}.{}".format(*sys.version_info[:2])
    packages = package_set(
        read_environment().cache_dir, "moto", [_MOTO], python=sys.executable, version=version, say=print
    )
    (port,) = free_ports()
    start = Path(__file__).with_name("moto_start.py")
    command = [sys.executable, "-I", "-S", str(start), str(packages), str(port)]
    with (folder / "moto.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _await(process, port)
            # By this name moto knows an S3 URL with the bucket in its path.
            with pointed_at(f"http://localhost:{port}"):
                yield f"http://localhost:{port}"
        finally:
            end_process(process, 10)


@contextlib.contextmanager
def pointed_at(url: str) -> Iterator[None]:
    """The standard variables, set to an endpoint, and nothing of the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        # A fixture of the whole session may have set the endpoint of one service, which would come first.
        endpoints = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", *endpoints):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
