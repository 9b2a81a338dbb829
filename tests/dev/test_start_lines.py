"""What `homeport dev` says before the first request, in plain text and in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.dev.listening import WantedPort
from homeport.dev.start_report import (
    port_lines,
    route_lines,
    runtimes_first,
    template_lines,
    title_line,
)
from homeport.errors import Problem
from homeport.project.check import usable_project
from homeport.terminal import Palette, TerminalStyle, problem_lines
from tests.support.project import write_files
from tests.support.spec import SPEC, load, write_project
from tests.support.templates import HANDLER

pytestmark = pytest.mark.unit

FUNCTION = "Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.13, Handler: app.handler, CodeUri: src"
NO_API = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: {{Type: AWS::SES::ReceiptRule}}
  Job:
    {FUNCTION}, Environment: {{Variables: {{QUEUE: !Ref Queue}}}}}}
  Old:
    {FUNCTION.replace("python3.13", "java21")}}}
"""
GUARDED = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Auth:
        DefaultAuthorizer: Users
        Authorizers: {{Users: {{UserPoolArn: arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_abc}}}}
        ApiKeyRequired: true
        UsagePlan: {{CreateUsagePlan: PER_API}}
  Job:
    {FUNCTION}, Events: {{A: {{Type: Api, Properties: {{Path: /a, Method: get, RestApiId: !Ref Shop}}}}}}}}
"""


def lines(root: Path, template: str) -> tuple[list[str], list[str]]:
    """The warnings in their order, and the lines after them."""
    write_files(root, {"template.yaml": template, "src/app.py": HANDLER})
    project, warnings = usable_project(root, environ={})
    return [warning.message for warning in runtimes_first(project, warnings)], list(template_lines(project))


def test_runtime_that_is_lacking_comes_before_all_other_warnings(tmp_path: Path) -> None:
    warnings, _ = lines(tmp_path, NO_API)
    assert "java21" in warnings[0]
    assert any("AWS::SES::ReceiptRule" in warning for warning in warnings[1:])


def test_template_without_an_api_says_how_its_functions_are_called(tmp_path: Path) -> None:
    _, (line,) = lines(tmp_path, NO_API)
    assert "has no API: homeport invoke NAME" in line
    assert "Job" in line


def test_api_key_and_tokens_of_a_template_are_there_to_copy(tmp_path: Path) -> None:
    _, (key, tokens) = lines(tmp_path, GUARDED)
    assert "send -H 'x-api-key: " in key
    assert tokens.startswith("tokens for Shop: homeport token prints one")


NARROW = TerminalStyle(44, Palette())
FOUND = Problem("the handler service/handlers/get_a_thing.py does not exist", "openapi.yaml", 7, "write it", "error")


def test_problem_is_one_line_for_programs_and_fits_a_terminal() -> None:
    assert list(problem_lines(FOUND, None)) == [str(FOUND)]
    assert list(problem_lines(FOUND, NARROW)) == [
        "error    openapi.yaml:7: the handler",
        "         service/handlers/get_a_thing.py",
        "         does not exist",
        "         → write it",
    ]


def test_only_a_terminal_gets_a_title(tmp_path: Path) -> None:
    project = load(write_project(tmp_path))
    assert list(title_line(project, None)) == []
    assert list(title_line(project, NARROW)) == ["Things API  HTTP API, stage local: 3 routes, 3 functions"]


def test_routes_are_listed_with_their_functions_for_programs_and_people(tmp_path: Path) -> None:
    project = load(write_project(tmp_path))
    assert list(route_lines(project, None)) == [
        "route GET /things list-things",
        "route POST /things create-thing",
        "route GET /things/{thingId} get-thing",
    ]
    assert list(route_lines(project, TerminalStyle(80, Palette()))) == [
        "GET   /things            list-things",
        "POST  /things            create-thing",
        "GET   /things/{thingId}  get-thing",
    ]
    assert next(route_lines(project, TerminalStyle(30, Palette()))) == "GET   /things"


def test_routes_beyond_the_twentieth_are_counted(tmp_path: Path) -> None:
    get = SPEC[SPEC.index("  /things:") : SPEC.index("    post:")]
    numbered = (get.replace("/things", f"/more{each}").replace("listThings", f"listMore{each}") for each in range(20))
    root = write_project(tmp_path)
    for each in range(20):
        (root / "service" / "handlers" / f"list_more{each}.py").write_text(HANDLER)
    (root / "openapi.yaml").write_text(SPEC.replace("paths:\n", f"paths:\n{''.join(numbered)}"))
    project = load(root)
    *_, last_route, rest = route_lines(project, None)
    assert (last_route, rest) == ("route GET /more19 list-more19", "and 3 more routes")


def test_replaced_port_is_named_with_who_has_the_usual_one() -> None:
    wanted = WantedPort("127.0.0.1", 8080, "--port", chosen=False)
    assert list(port_lines(wanted, 8080, ())) == []
    assert list(port_lines(wanted, 8082, ())) == ["port 8080 is in use by another program: the API takes 8082"]
    (own,) = port_lines(wanted, 8082, {8080})
    assert own.startswith("port 8080 is in use by another homeport dev of this project")
