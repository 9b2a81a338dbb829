"""The recorded cases against the whole product: a project made of each, ``homeport dev``, and a plain socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenRequest, mint
from tests.support import fidelity
from tests.support.fidelity import Case
from tests.support.made_project import write_project
from tests.support.wire import ask
from tests.support.wire_cases import Plan, authorizer_event_of, headers_of, plans

# Cases about what Homeport refuses by name. A validator that stands before another integration is tested before ours.
SKIPPED: dict[str, str] = {}

PLANS = plans(fidelity.load_cases())
# Of each kind of API the project with the most cases; the others, each with a stack of its own, are a campaign.
FIRST = {(plan.made.flavor, plan.made.payload_format): plan for plan in sorted(PLANS, key=lambda plan: len(plan.cases))}
RUNS = [
    pytest.param(plan, case, id=case["id"], marks=[] if plan in FIRST.values() else pytest.mark.slow)
    for plan in PLANS
    for case in plan.cases
]


class Stacks:
    """Runs one stack at a time, each as long as the cases that follow each other are for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._plan: Plan | None = None
        self._stack: Stack | None = None

    def close(self) -> None:
        self._open.close()

    def of(self, plan: Plan) -> tuple[Stack, Path]:
        """The running stack of a plan, and its project."""
        root = self._folder / str(PLANS.index(plan))
        if self._stack is None or self._plan is not plan:
            self._open.close()
            write_project(root, plan.made)
            self._plan = plan
            self._stack = self._open.enter_context(running_stack(root, ("--no-data", "--dynamodb", "none")))
        return self._stack, root


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    made = Stacks(tmp_path_factory.mktemp("fidelity"))
    yield made
    made.close()


def other_audience(project: Path) -> str:
    return mint(
        TokenRequest("someone", audience=("other",)), signing_key(project / FOLDER), now=time.time(), token_id="1"
    )


@pytest.mark.parametrize(("plan", "case"), RUNS)
def test_behaves_as_recorded(stacks: Stacks, plan: Plan, case: Case) -> None:
    if case["id"] in SKIPPED:
        pytest.skip(SKIPPED[case["id"]])
    stack, project = stacks.of(plan)
    request = fidelity.request(case)
    body = request.body or None
    answer = ask(stack.url, request.method, request.target, headers_of(case, other_audience(project)), body)
    fidelity.assert_response(case, answer.status, answer.headers, answer.body)
    if case["handler_behavior"] == "echo_event":
        fidelity.assert_event(case, answer.json())
    if "expect_route" in case:
        assert answer.json()["resource"] == case["expect_route"]
    if "expect_authorizer_event" in case:
        fidelity.assert_authorizer_event(case, authorizer_event_of(answer.json()))


def test_every_case_is_run() -> None:
    ids = [case["id"] for plan in PLANS for case in plan.cases]
    assert sorted(ids) == sorted(case["id"] for case in fidelity.load_cases())
    assert SKIPPED.keys() <= set(ids)
