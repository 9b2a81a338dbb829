"""What `homeport dev` says of a template's project before the first request."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.dev.run import runtimes_first, start_lines
from homeport.project.check import usable_project
from tests.support.project import write_files
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
    return [warning.message for warning in runtimes_first(project, warnings)], list(start_lines(project))


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
