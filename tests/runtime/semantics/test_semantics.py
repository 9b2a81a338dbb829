"""The same cases through Python and Node.js, in real environments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from homeport.errors import SetupError
from homeport.project.model import FunctionCode
from homeport.runtime.api import Invocation
from homeport.runtime.host.pool import PoolRuntime
from tests.runtime.semantics.cases import CASES, LANGUAGES, NODE, PYTHON, Case
from tests.support.runtime import RunningParent, make_configs, make_function, own_interpreter
from tests.support.runtime_api import own_node, write_files

pytestmark = pytest.mark.stack

NAMES = {name: f"case_{number}" for number, name in enumerate(CASES)}
# Each shared environment takes the module of a case from the event.
SHARED = {
    PYTHON: """
        import importlib

        def handler(event, context):
            return importlib.import_module(event["case"]).handler(event["event"], context)
    """,
    NODE: """
        const load = (name) => import(`./${name}.mjs`);
        export const handler = async (event, context) => (await load(event.case)).handler(event.event, context);
    """,
}
SUFFIX = {PYTHON: ".py", NODE: ".mjs"}

Deploy = Callable[..., PoolRuntime]


@pytest.fixture(scope="module")
def deploy(parent: RunningParent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    """Put functions of a language into pools of their own, by their files."""
    with ExitStack() as stack:

        def deploy_files(language: str, files: dict[str, str], **settings: Any) -> PoolRuntime:
            root = tmp_path_factory.mktemp(language)
            write_files(root, files)
            version = own_interpreter().version
            runtime = f"python{version}" if language == PYTHON else "nodejs22.x"
            environment = settings.pop("environment", {})
            function = replace(
                make_function("probe", "main.handler", runtime=runtime, code=FunctionCode(root)),
                environment=environment,
                **settings,
            )
            config = make_configs(function)["probe"]
            assert config.fault == ""
            pool = PoolRuntime({"probe": config}, parent.setup.socket_path, parent.setup.scratch)
            stack.callback(pool.close)
            return pool

        yield deploy_files


@pytest.fixture(scope="module")
def shared(deploy: Deploy) -> dict[str, PoolRuntime]:
    """The pools of the cases that share an environment."""
    pools = {}
    for language in LANGUAGES:
        files = {f"{NAMES[name]}{SUFFIX[language]}": source(case, language) for name, case in CASES.items()}
        files = {f"main{SUFFIX[language]}": SHARED[language], "data.txt": "of the bundle\n", **files}
        pools[language] = deploy(language, files)
    return pools


def source(case: Case, language: str) -> str:
    """Return the module of a case."""
    return case.python if language == PYTHON else case.node


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case(shared: dict[str, PoolRuntime], deploy: Deploy, language: str, name: str) -> None:
    case = CASES[name]
    if language == NODE:
        skip_without_node()
    if case.alone:
        pool = deploy(language, {f"main{SUFFIX[language]}": source(case, language)}, **case.settings)
        events: list[Any] = list(case.events)
    else:
        pool = shared[language]
        events = [{"case": NAMES[name], "event": event} for event in case.events]
    invocation = [pool.invoke("probe", json.dumps(event).encode()) for event in events][-1]
    check(case, invocation, language)


def skip_without_node() -> None:
    """Skip a test where there is no Node.js."""
    try:
        own_node()
    except SetupError as error:
        pytest.skip(str(error))


def check(case: Case, invocation: Invocation, language: str) -> None:
    """Compare what came back with what is expected."""
    payload = json.loads(invocation.payload.replace(invocation.request_id.encode(), b"REQUEST"))
    log = invocation.log.decode().replace(invocation.request_id, "REQUEST").replace('":"', '": "')
    if case.errors:
        assert (payload.get("errorType"), payload.get("errorMessage")) == case.errors[language], log
        assert invocation.error == "Unhandled"
    else:
        assert (invocation.error, payload) == (None, case.payload), log
    for piece in case.log:
        assert piece in log


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
