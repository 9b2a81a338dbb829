"""Every command that the documentation shows is run here, or said to be run by another test that exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# What needs minutes, Docker or a terminal is run elsewhere; the text must stand in that file.
ELSEWHERE = {
    "homeport init my-api": ("tests/scaffold/test_new.py", '"init", "my-api"'),
    "homeport init my-api --from shop --flavor http": (
        "tests/scaffold/test_new.py",
        '"--from", "shop", "--flavor", "http"',
    ),
    "homeport add createNote POST /notes": ("tests/scaffold/test_add.py", '"createNote", "POST", "/notes"'),
    "homeport add createNote POST /notes --access NotesTable:PutItem": (
        "tests/scaffold/test_add.py",
        '"createNote", "POST", "/notes", ACCESS',
    ),
    "homeport add listNotes GET /users/{userId}/notes --access NotesTable/byUser:Query --function reading": (
        "tests/scaffold/test_add_runs.py",
        "--access OrdersTable/byName:Query",
    ),
    "homeport adopt openapi.yaml": ("tests/scaffold/test_adopt.py", 'adopt(tmp_path / "openapi.yaml", tmp_path'),
    "homeport adopt template.yaml --into my-api": ("tests/scaffold/test_adopt.py", '"--into", "jobs"'),
    "pip install 'homeport[local,test,deploy]'": ("tests/packaging/test_wheel.py", "make_environment("),
    "aws apigateway get-export --export-type oas30": ("homeport/scaffold/adopt.py", "get-export --export-type oas30"),
    "make test-pythons": ("Makefile", "-m tests.packaging.pythons"),
    "make test": (".ci/run", "make test"),
    "make check": (".ci/run", "make check"),
    "make dev": ("tests/dev/test_dev.py", "def test_the_tutorial_works_as_typed"),
    "make dev PORT=9000": ("Makefile", "--port $(PORT)"),
    "make contract-test": ("tests/contract/test_contract.py", '"homeport", "test"'),
    "make contract-test URL=https://…": ("tests/contract/test_contract.py", '"--url"'),
    "make chaos": ("Makefile", "-m tests.chaos"),
    "make chaos SHORT=1": ("tests/chaos/test_chaos.py", '"tests.chaos", "--short"'),
    "make audit": ("tests/audit/test_audit.py", 'run("audit"'),
    "make sbom": ("tests/audit/test_audit.py", 'run("sbom"'),
    "make mutants": (".github/workflows/contract.yml", "make mutants SHORT=1"),
    "homeport dev --record DIR": ("tests/contract/mutants/__main__.py", '"--record"'),
    "homeport replay reports/contract/failures/01-GET-items-not_a_server_error.har --url http://127.0.0.1:8080": (
        "tests/contract/kit/test_replay.py",
        "replayed(",
    ),
    "homeport dev --no-record": ("homeport/contract/fixtures/stack.py", '"--no-record"'),
    "homeport dev --no-inspector": ("homeport/contract/fixtures/stack.py", '"--no-inspector"'),
    "homeport dev --inspector-port 9001": ("tests/inspector/test_ports.py", '"--inspector-port"'),
    "homeport export --openapi --out api.json": ("tests/commands/test_export.py", '"--openapi"'),
    "homeport export --postman --out api.postman.json": ("tests/commands/test_export.py", '"--postman"'),
    "homeport export --har --out requests.har": ("tests/commands/test_export.py", '"--har"'),
    "python -m bench.recording": ("tests/bench/test_recording.py", '"bench.recording"'),
    "homeport save-test JCJgriqv": ("tests/dev/test_recorded.py", '"save-test"'),
    "homeport record --out calls.har": ("tests/dev/test_recorded.py", '"record"'),
    "homeport record --last 20 --status 4xx --filter widget": ("tests/dev/test_recorded.py", '"--status", "4xx"'),
    "homeport record --follow": ("tests/dev/test_recorded.py", '"--follow"'),
    "homeport record --url https://api.example.com/prod --port 9000": ("tests/dev/test_recorded.py", '"--url"'),
    "homeport replay calls.har --url http://127.0.0.1:8080": ("tests/dev/test_recorded.py", '"replay"'),
    "make bench": ("tests/bench/test_bench.py", '"bench"'),
    "make bench DYNAMODB=http://127.0.0.1:8001": ("Makefile", "--dynamodb $(DYNAMODB)"),
    "make bench-growth": ("tests/bench/test_bench.py", '"bench.growth"'),
    "python -m bench.where": ("tests/bench/test_bench.py", '"bench.where"'),
    "python -m bench --docs": ("bench/__main__.py", '"--docs"'),
    "python -m bench --contender NAME=URL": ("bench/__main__.py", '"--contender"'),
    "make bench-items": ("tests/bench/test_items.py", '"bench.races"'),
    "python -m bench.races": ("tests/bench/test_items.py", '"bench.races"'),
    "python -m bench.pages": ("tests/bench/test_items.py", '"bench.pages"'),
    "python -m bench.cost": ("tests/bench/test_items.py", '"bench.cost"'),
    "python -m bench.scale": ("tests/bench/test_items.py", '"bench.scale", "--check"'),
    "python -m bench.contract": ("tests/bench/test_contract_cost.py", "one_round("),
    "docker compose up light": ("tests/compose/test_compose.py", 'stack.up("light")'),
    "docker compose run --rm contract": ("tests/compose/test_compose.py", '"run", "--rm", "contract"'),
    "docker compose --profile admin up": ("tests/compose/test_compose.py", 'stack.up("admin")'),
    "docker compose down": ("tests/compose/test_compose.py", 'stack("down")'),
    "docker compose down --volumes": ("tests/compose/test_compose.py", '"down", "--volumes"'),
    "docker compose exec api homeport snapshot save before": (
        "tests/compose/test_compose.py",
        '"homeport", "snapshot", "save", "before"',
    ),
    "homeport snapshot save NAME": ("tests/commands/test_snapshot.py", '"snapshot", "save"'),
    "homeport snapshot load NAME": ("tests/commands/test_snapshot.py", '"snapshot", "load"'),
    "homeport snapshot save before": ("tests/commands/test_snapshot.py", "test_a_running_homeport_dev_is_found"),
    "homeport snapshot load before --replace": (
        "tests/commands/test_snapshot.py",
        "test_a_running_homeport_dev_is_found",
    ),
    "homeport snapshot delete before": ("tests/commands/test_snapshot.py", '"delete", "before"'),
    "homeport snapshot save real --stage dev": ("tests/commands/test_snapshot.py", '"save", "dev", "--stage", "dev"'),
    "homeport snapshot load real --replace": ("tests/commands/test_snapshot.py", '"load", "dev", "--dynamodb"'),
    "homeport snapshot save before --dynamodb http://127.0.0.1:4566": (
        "tests/commands/test_snapshot.py",
        '"save", "before", "--dynamodb"',
    ),
    "docker compose up": ("tests/compose/test_compose.py", 'stack.up("api")'),
    "homeport template --stage prod > template.json": ("tests/cloud/test_template_command.py", "done.stdout"),
    "homeport setup": ("Dockerfile", "homeport setup"),
    "homeport logs --follow": ("tests/dev/test_function_commands.py", '"--follow"'),
    "homeport invoke getItem --event event.json": ("tests/dev/test_function_commands.py", '"--event"'),
    "make deploy STAGE=dev": ("Makefile", "$(BIN)/homeport deploy --stage $(STAGE)"),
    "make up": ("Makefile", "docker compose up --build"),
    "make rehearse": ("Makefile", "-m tests.cloud.rehearsal"),
    "make rehearse SHORT=1": ("tests/cloud/test_rehearsal.py", "rehearse("),
    "homeport deploy --stage dev": ("tests/cloud/rehearsal.py", 'life.run("deploy"'),
    "homeport rollback --stage dev": ("tests/cloud/rehearsal.py", 'life.run("rollback"'),
    "homeport destroy --stage dev": ("tests/cloud/rehearsal.py", 'life.run("destroy"'),
    "homeport open --stage dev": ("tests/support/cloud_life.py", 'self.run("open"'),
    "homeport status --stage dev": ("tests/cloud/test_deploys_at_ministack.py", "status("),
    "homeport logs --stage dev --follow": ("tests/cloud/test_logs.py", "follow_cloud_logs("),
    "python -m deploy dev": ("tests/cloud/test_deploys_at_ministack.py", '"-m", "deploy", "dev"'),
    "python -m tests.cloud.policy": ("tests/cloud/test_permissions.py", "recorded_policy("),
    "homeport dev --in-process": ("tests/dev/test_debugging.py", '"--in-process"'),
    "homeport dev --fault 'ItemsTable.PutItem=ProvisionedThroughputExceeded@0.1' "
    "--fault 'ItemsTable/byStatus=latency:300ms'": ("tests/dev/test_dev_with_faults.py", "faults=(FAULT,)"),
}
SYNOPSIS = re.compile(r"^homeport (dev|test|parity URL_A URL_B)( [\[(]|$)")
COMMAND = re.compile(r"^(make|homeport|curl|aws|docker|python|npm|pip)\b")


def shown(page: Path) -> Iterator[str]:
    """Commands in fenced blocks and in inline code."""
    text = page.read_text()
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (line.split("  #")[0].strip() for line in block.splitlines())
    for inline in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
        yield inline.strip()


def commands() -> list[str]:
    found = dict.fromkeys(command for page in PAGES for command in shown(page) if COMMAND.match(command))
    return [command for command in found if " " in command and not SYNOPSIS.match(command)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(ROOT) as stack:
        yield stack


@pytest.mark.parametrize("command", commands())
def test_a_documented_command_works(command: str, stack: Stack, tmp_path: Path) -> None:
    if command in ELSEWHERE:
        file, text = ELSEWHERE[command]
        assert text in (ROOT / file).read_text()
        return
    if command == "make clean-data":
        command = f"make -f {ROOT}/Makefile clean-data"
    done = run(at_the_stack(command, stack), tmp_path if "clean-data" in command else ROOT)
    assert done.returncode == 0, done.stderr
    # What was logged before tells of other requests.
    assert command.startswith("homeport logs") or '"status":4' not in done.stdout.replace(" ", "")


def at_the_stack(command: str, stack: Stack) -> str:
    """The command, told where the tests' stack is."""
    command = command.replace("http://127.0.0.1:8080", stack.url).replace("curl ", "curl --silent --show-error ")
    return command.replace("http://127.0.0.1:8000", stack.dynamodb or "")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return subprocess.run(
        command if "$(" in command else shlex.split(command),
        shell="$(" in command,
        cwd=folder,
        env={**os.environ, **keys, "PATH": path},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
