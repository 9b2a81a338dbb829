"""Each example as its README says: checked, its contract fuzzed, its own tests run, its commands typed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from homeport.contract.fixtures.stack import running_stack
from tests.support.examples import EXAMPLES, ROOT, documented, homeport, in_a_shell, own_tests, python_module

EMPTY = "blank"
"""A project to start from: nothing of it is to be shown but by tests of ``homeport init`` and ``add``."""
NAMES = sorted(
    folder.name for folder in EXAMPLES.iterdir() if (folder / "openapi.yaml").is_file() and folder.name != EMPTY
)
LONGEST_HANDLER = 30

# Run by the tests beside, or told by a variable only how long they take.
ELSEWHERE = re.compile(
    r"homeport (dev|check|test) --project examples/\S+|(HITS=10000 )?python -m pytest examples/\S+"
    r"|homeport schedules --project examples/orders --run Nightly"
)


def stages() -> list[tuple[str, str]]:
    found = []
    for name in NAMES:
        settings = yaml.safe_load((EXAMPLES / name / "deploy" / "stages.yaml").read_text())
        found += [(name, stage) for stage in settings["stages"]]
    return found


def test_there_are_the_examples_that_the_documentation_names() -> None:
    assert NAMES == ["crud", "hello", "hits", "orders", "shop", "shop-http"]


@pytest.mark.parametrize(("name", "stage"), stages())
def test_aws_would_take_every_stage(name: str, stage: str) -> None:
    done = homeport("check", "--project", f"examples/{name}", "--stage", stage)
    assert done.returncode == 0, done.stdout + done.stderr


def test_their_templates_are_sound_in_every_stage(tmp_path: Path) -> None:
    for name, stage in stages():
        rendered = homeport("template", "--project", f"examples/{name}", "--stage", stage)
        assert rendered.returncode == 0, rendered.stderr
        (tmp_path / f"{name}-{stage}.json").write_text(rendered.stdout)
    linted = in_a_shell(f"cfn-lint --regions us-east-1 --template {tmp_path}/*.json")
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_the_contract_holds_and_every_right_is_used(name: str, tmp_path: Path) -> None:
    # Enough to call each operation in every phase; `homeport test` by itself goes further.
    budget = ("--max-examples", "4", "--report", str(tmp_path))
    # All checks on every example are a part of `make mutants`: its runs without a fault.
    parts = () if name in ("crud", "hello", "hits") else ("--phases", "fuzz,document,cases")
    done = homeport("test", "--project", f"examples/{name}", *budget, *parts)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout
    assert "Least privilege: proven" in done.stdout


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js is not installed here")
@pytest.mark.parametrize("name", ["blank", "crud", "hello", "items"])
def test_the_contract_of_those_in_nodejs_holds_and_every_right_is_used(name: str, tmp_path: Path) -> None:
    budget = ("--max-examples", "4", "--phases", "fuzz,document,cases", "--report", str(tmp_path))
    done = homeport("test", "--project", f"examples/nodejs/{name}", *budget)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert name == EMPTY or "Least privilege: proven" in done.stdout


def test_there_is_nothing_to_test_of_a_project_without_operations() -> None:
    done = homeport("test", "--project", f"examples/{EMPTY}")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert done.stdout.startswith("not tested: Blank has no operation yet\n")


OTHER_STAGES = [name for name in yaml.safe_load((ROOT / "deploy/stages.yaml").read_text())["stages"] if name != "local"]


@pytest.mark.parametrize("stage", OTHER_STAGES)
def test_the_items_api_keeps_its_contract_in_every_stage(stage: str) -> None:
    files = (f"tests/contract/{name}" for name in ("test_items.py", "test_promises.py"))
    done = python_module("pytest", "-q", "-p", "no:cacheprovider", *files, "--homeport-stage", stage)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(name: str) -> None:
    done = own_tests(name)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_its_readme_work(name: str) -> None:
    commands = [command for command in documented(name) if not ELSEWHERE.fullmatch(command)]
    assert f"homeport dev --project examples/{name}" in documented(name)
    with running_stack(EXAMPLES / name) as stack:
        base = stack.url.removesuffix("/local")
        for command in commands:
            typed = command.replace("http://127.0.0.1:8080", base).replace("curl ", "curl -sS --fail-with-body ")
            done = in_a_shell(typed)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", NAMES)
def test_handlers_are_short_and_named_after_their_operations(name: str) -> None:
    spec = (EXAMPLES / name / "openapi.yaml").read_text()
    handlers = [file for file in (EXAMPLES / name / "service" / "handlers").glob("*.py") if file.stem != "__init__"]
    assert handlers
    for file in handlers:
        assert len(file.read_text().splitlines()) <= LONGEST_HANDLER, file
    asked = {re.sub(r"(?<!^)([A-Z])", r"_\1", found).lower() for found in re.findall(r"operationId: (\w+)\n", spec)}
    assert asked <= {file.stem for file in handlers}


@pytest.mark.parametrize(
    ("name", "module"),
    [(name, module) for name in ("hits", "shop") for module in ("exact_json", "proxy", "retries")]
    + [("orders", module) for module in ("exact_json", "proxy", "validation")],
)
def test_shared_modules_are_the_same_as_in_the_reference_api(name: str, module: str) -> None:
    own, reference = EXAMPLES / name / "service" / f"{module}.py", ROOT / "service" / f"{module}.py"
    assert own.read_text() == reference.read_text(), f"cp {reference.relative_to(ROOT)} {own.relative_to(ROOT)}"
