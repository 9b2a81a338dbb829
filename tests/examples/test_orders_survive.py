"""The orders while processes are killed: each order that was placed is shipped, and a dead letter is not lost."""

from __future__ import annotations

import os
import shutil
import signal
from functools import partial
from pathlib import Path

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from homeport.contract.fixtures.services import ApiServices
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.project.load import load_project
from tests.support.examples import EXAMPLES
from tests.support.runtime import children
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
# The part of a process's command line that tells which one it is.
KILLED = ("aws/embedded", "homeport.gateway.process", "runtime/worker/start.py", "dynamodb/embedded")
ORDERS_OF_A_ROUND = 5


def place(stack: Stack, quantity: int, lines: int = 1) -> str:
    """Place an order; a request that a killed process did not answer is sent again, as a client does."""
    body = {"customer": "Ann", "lines": [{"sku": "TEA-1", "quantity": quantity}] * lines}

    def answered() -> str:
        try:
            reply = requests.post(f"{stack.url}/orders", json=body, timeout=20)
        except requests.RequestException:
            return ""
        return str(reply.json()["orderId"]) if reply.status_code == 201 else ""

    found: list[str] = []

    def is_placed() -> bool:
        found[:] = [answered()]
        return bool(found[0])

    wait_until(is_placed, stack.read_output)
    return found[0]


def kill(stack: Stack, part: str) -> None:
    """Kill the process of the stack with that part in its command line, as soon as there is one."""

    def is_killed() -> bool:
        for pid in children(stack.process.pid):
            if part in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    wait_until(is_killed, stack.read_output)


def copy_of_orders(folder: Path) -> Path:
    """Copy the example; a message that a killed poller holds comes again after seconds there, not two minutes."""
    root = folder / "orders"
    shutil.copytree(EXAMPLES / "orders", root, ignore=shutil.ignore_patterns(".homeport", "__pycache__"))
    resources = root / "deploy" / "resources.yaml"
    text = resources.read_text()
    assert "VisibilityTimeout: 120" in text
    resources.write_text(text.replace("VisibilityTimeout: 120", "VisibilityTimeout: 6"))
    return root


def is_shipped(stack: Stack, orders: list[str]) -> bool:
    try:
        found = (requests.get(f"{stack.url}/orders/{order}", timeout=20).json() for order in orders)
        return all(order.get("status") == "shipped" for order in found)
    except requests.RequestException:
        return False


def dead_letters(services: ApiServices) -> str | None:
    """Return how many dead letters there are, None where the queue does not answer."""
    try:
        found: str = services.queue("ShipDeadLetters").attributes["ApproximateNumberOfMessages"]
    except (BotoCoreError, ClientError):
        return None
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
def test_every_placed_order_is_shipped_whatever_process_dies(tmp_path: Path) -> None:
    root = copy_of_orders(tmp_path)
    with running_stack(root, ("--data", str(tmp_path / "data")), state=tmp_path / "state") as stack:
        wait_until(lambda: "made rule" in stack.read_output(), stack.read_output)
        orders: list[str] = []
        for part in KILLED:
            orders += [place(stack, 1) for _ in range(ORDERS_OF_A_ROUND)]
            kill(stack, part)
            orders += [place(stack, 1) for _ in range(ORDERS_OF_A_ROUND)]
            wait_until(partial(is_shipped, stack, orders), stack.read_output)
        assert stack.aws is not None
        services = ApiServices(load_project(root), stack.aws)
        place(stack, 1000, lines=2)
        wait_until(lambda: dead_letters(services) == "1", stack.read_output)
        kill(stack, KILLED[0])
        wait_until(lambda: dead_letters(services) == "1", stack.read_output)
