"""Every command that the documents show is run, or at least parsed by the program that it names."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from homeport.cli import make_parser
from homeport.contract.fixtures.stack import Stack, running_stack

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# Commands that need minutes, Docker, AWS, a terminal or a recording have tests of their own; here they are only parsed.
PARSED = frozenset(
    (
        "homeport dev --stage Prod --parameter Domain=example.com",
        "homeport dev --template cdk.out/ProdApi.template.json",
        "homeport dev --import context:environment=dev",
        "homeport invoke Hello4A628BD4",
        "homeport dev --stage prod",
        "homeport dev --dynamodb http://127.0.0.1:4566",
        "homeport dev --stage prod --parameter domain=example.com",
        "homeport invoke get --path id=1",
        "homeport dev --template serverless.other.yml",
        "homeport dynamodb export books books.jsonl",
        "homeport dynamodb import books books.jsonl",
        "homeport dev --fault 'sqs:SendMessage=throttled@0.2' --fault 's3:*=latency:500ms' "
        "--fault 'states:StartExecution=lost'",
        "aws apigateway get-export --export-type oas30",
        "docker compose --profile admin up",
        "docker compose down",
        "docker compose down --volumes",
        "docker compose exec api homeport snapshot save before",
        "docker compose run --rm contract",
        "docker compose up",
        "docker compose up light",
        "homeport add createNote POST /notes",
        "homeport add createNote POST /notes --access NotesTable:PutItem",
        "homeport add listNotes GET /users/{userId}/notes --access NotesTable/byUser:Query --function reading",
        "homeport remove createNote",
        "homeport remove createNote --dry-run",
        "homeport adopt openapi.yaml",
        "homeport adopt template.yaml --into my-api",
        "homeport curl GET /items --as local",
        "homeport curl POST /items --as ann --body '{}'",
        "homeport deploy --stage dev",
        "homeport dev --parameter Stage=dev",
        "homeport destroy --stage dev",
        "homeport dev --fault 'ItemsTable.PutItem=ProvisionedThroughputExceeded@0.1' "
        "--fault 'ItemsTable/byStatus=latency:300ms'",
        "homeport dev --consistency eventual",
        "homeport dev --fault 'ItemsTable=ProvisionedThroughputExceeded@0.1'",
        "homeport dev --in-process",
        "homeport dev --inspect",
        "homeport dev --tls",
        "curl --cacert ~/.cache/homeport/tls/localhost.pem https://localhost:8080/items",
        "homeport dev --inspect 9300",
        "homeport dev --inspector-port 9001",
        "homeport dev --no-inspector",
        "homeport dev --no-record",
        "homeport dev --record DIR",
        "homeport export --har --out requests.har",
        "homeport export --openapi --out api.json",
        "homeport export --postman --out api.postman.json",
        "homeport init my-api",
        "homeport init my-api --from blank",
        "homeport init my-api --from shop --flavor http",
        "homeport init my-api --runtime nodejs22.x",
        "homeport invoke GetNote --path id=1",
        "homeport invoke getItem --event event.json",
        "homeport logs --follow",
        "homeport logs --stage dev --follow",
        "homeport open --stage dev",
        "homeport policy createItem",
        "homeport record --follow",
        "homeport record --last 20 --status 4xx --filter widget",
        "homeport record --out calls.har",
        "homeport record --url https://api.example.com/prod --port 9000",
        'homeport render createOrder --body \'{"id": 5}\' --answer \'{"errorMessage": "[404] no such order"}\'',
        "homeport render createOrder --body @order.json --answer @reply.json --status 400",
        "homeport replay calls.har --url http://127.0.0.1:8080",
        "homeport rollback --stage dev",
        "homeport save-test JCJgriqv",
        "homeport setup",
        "homeport snapshot delete before",
        "homeport snapshot load NAME",
        "homeport snapshot load before --replace",
        "homeport snapshot load real --replace",
        "homeport snapshot save NAME",
        "homeport snapshot save before",
        "homeport snapshot save before --dynamodb http://127.0.0.1:4566",
        "homeport snapshot save real --stage dev",
        "homeport snapshot save real --stage prod",
        "homeport status --stage dev",
        "homeport test --api NotesApi",
        "homeport test --update-baseline",
        "homeport test --url https://api.example.com/prod",
        "homeport template --stage prod > template.json",
        "make audit",
        "make bench",
        "make bench DYNAMODB=http://127.0.0.1:8001",
        "make bench-contract",
        "make bench-formats",
        "make bench-growth",
        "make bench-node",
        "make bench-items",
        "make bench-tails",
        "make bench-template",
        "make chaos",
        "make chaos SHORT=1",
        "make check",
        "make contract-test",
        "make contract-test URL=https://…",
        "make deploy STAGE=dev",
        "make dynamodb-differential URL=http://127.0.0.1:8001",
        "make dynamodb-model STEPS=2000",
        "make dev",
        "make dev PORT=9000 DYNAMODB_PORT=9001 INSPECTOR_PORT=9002",
        "make mutants",
        "make rehearse",
        "make rehearse SHORT=1",
        "make sbom",
        "make test",
        "make test-fast",
        "make test-slow",
        "make test-pythons",
        "make up",
        "make wheel",
        'pipx install "$(ls dist/homeport-*.whl)[local,test,deploy]"',
        "python -m bench --peer NAME=URL",
        "python -m bench --docs",
        "python -m bench.contract",
        "python -m bench.cost",
        "python -m bench.cost --check",
        "python -m bench.pages",
        "python -m bench.races",
        "python -m bench.recording",
        "python -m bench.scale",
        "python -m bench.scale --check",
        "python -m bench.where",
        "python -m deploy dev",
        "python -m tests.cloud.policy",
        "npm ci",
        "npm ci --omit=dev",
    )
)
LONG = frozenset(("make docs", "make screenshots", "python -m bench.mappings"))
"""Commands that take several seconds."""
NAMES = frozenset(("homeport deploy", "homeport init", "homeport snapshot save"))
"""Names of commands in sentences, which can't be run without arguments."""
SYNOPSIS = re.compile(r"^homeport (dev|dynamodb|test|invoke|render|parity URL_A URL_B)( [\[(]|$)")
COMMAND = re.compile(r"^(make|homeport|curl|aws|docker|python|npm|pip|pipx)\b")


def shown(page: Path) -> Iterator[str]:
    """Commands in fenced blocks and in inline code."""
    text = page.read_text()
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (line.split("  #")[0].strip() for line in block.splitlines())
    for inline in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
        yield inline.strip()


def commands() -> list[str]:
    found = dict.fromkeys(command for page in PAGES for command in shown(page) if COMMAND.match(command))
    return [one for one in found if " " in one and one not in NAMES and not SYNOPSIS.match(one)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(ROOT) as stack:
        yield stack


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=pytest.mark.slow if command in LONG else ())
        for command in commands()
        if command not in PARSED
    ],
)
def test_documented_command_works(command: str, stack: Stack, tmp_path: Path) -> None:
    if command == "make clean-data":
        command = f"make -f {ROOT}/Makefile clean-data"
    folder = tmp_path if "clean-data" in command else ROOT
    done = run(at_the_stack(command, stack), folder, {"HOMEPORT_STATE_DIR": str(stack.state)})
    assert done.returncode == 0, done.stderr
    # The log also has requests of other tests.
    assert command.startswith("homeport logs") or '"status":4' not in done.stdout.replace(" ", "")


@pytest.mark.parametrize("command", [command for command in commands() if command in PARSED])
def test_documented_command_can_be_parsed(command: str) -> None:
    program, *arguments = shlex.split(command.partition(" > ")[0])
    if program == "homeport":
        make_parser().parse_args(arguments)
    elif program == "python":
        assert importlib.util.find_spec(arguments[1]) is not None


def test_documented_targets_are_there() -> None:
    words = [shlex.split(command)[1:] for command in commands() if command.startswith("make ") and command in PARSED]
    # Variables of all of them at once do not matter: nothing is run.
    asked = dict.fromkeys(word for each in words for word in each)
    done = run(f"make --dry-run {shlex.join(asked)}", ROOT)
    assert done.returncode == 0, done.stderr


def test_commands_that_run_until_they_are_ended_are_only_parsed() -> None:
    assert [command for command in commands() if command.startswith("homeport dev ") and command not in PARSED] == []


def test_every_parsed_command_is_documented() -> None:
    assert PARSED - {*commands()} == set()


def at_the_stack(command: str, stack: Stack) -> str:
    """The command, told where the tests' stack is."""
    command = command.replace("http://127.0.0.1:8080", stack.url).replace("curl ", "curl --silent --show-error ")
    return command.replace("http://127.0.0.1:8000", stack.dynamodb or "")


def run(
    command: str, folder: Path, variables: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return subprocess.run(
        command if "$(" in command else shlex.split(command),
        shell="$(" in command,
        cwd=folder,
        env={**os.environ, **keys, **variables, "PATH": path},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
