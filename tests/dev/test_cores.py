"""Which cores the processes of a stack may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import requests

from bench.memory import tree
from homeport.contract.fixtures.stack import running_stack
from tests.support.project import write_files

if sys.platform != "linux":
    pytest.skip("only Linux lets a process choose its cores", allow_module_level=True)

FILES = {
    "openapi.yaml": """
openapi: 3.0.3
info: {title: Cores, version: 1.0.0}
paths:
  /cores: {get: {operationId: cores, responses: {"200": {description: How many the function may use.}}}}
""",
    "service/handlers/cores.py": """
import os

def handler(event, context):
    return {"statusCode": 200, "body": str(len(os.sched_getaffinity(0)))}
""",
}


def test_the_gateway_stays_on_one_core_and_functions_may_use_all(tmp_path: Path) -> None:
    root = write_files(tmp_path / "cores", FILES)
    with running_stack(root, ("--dynamodb", "none")) as stack:
        found = requests.get(f"{stack.url}/cores", timeout=10).text
        gateways = [pid for pid in tree(stack.process.pid) if "homeport.gateway.process" in _command(pid)]
        threads = [thread for pid in gateways for thread in Path(f"/proc/{pid}/task").iterdir()]
        cores = [os.sched_getaffinity(int(thread.name)) for thread in threads]
    assert int(found) == len(os.sched_getaffinity(0))
    assert len(gateways) == 1 and len(cores) > 60
    assert {len(each) for each in cores} == {1} and len(set().union(*cores)) == 1


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
