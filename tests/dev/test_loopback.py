"""The interfaces that a stack listens on: loopback only, unless --host names another, with a warning."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from homeport.contract.fixtures.stack import running_stack
from tests.support.project import notes_project

# Another address of the same machine, which a socket that is bound to 127.0.0.1 does not answer at.
ELSEWHERE = "127.0.0.2"


def answers(url: str | None) -> bool:
    try:
        with socket.create_connection((ELSEWHERE, urlsplit(url or "").port or 0), 2):
            return True
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has every address of 127.0.0.0/8")
@pytest.mark.parametrize("options", [(), ("--host", "0.0.0.0")], ids=["by default", "on all addresses"])
def test_the_api_is_reached_from_elsewhere_only_if_asked_and_its_database_never(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    with running_stack(notes_project(tmp_path), ("--no-data", "--inspected", *options)) as stack:
        assert answers(stack.url) == bool(options)
        assert not answers(stack.dynamodb)
        warned = "warning: listening on 0.0.0.0: whoever reaches this machine may call the API" in stack.read_output()
        assert warned == bool(options)
