"""What docs/deploy.md shows of other tools names what the template has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from homeport.cloud.template.build import build_template
from homeport.cloud.template.code import BUCKET_PARAMETER, KEY_PARAMETER
from homeport.project.load import load_project

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
TOOLS = {
    name: re.findall(rf"^\*\*{name}\*\*\n\n```\w*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for name in ("SAM", "Terraform", "CDK", "Pulumi")
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_given_the_parameters_without_default(tool: str) -> None:
    [snippet] = TOOLS[tool]
    parameters = build_template(load_project(ROOT, "prod", {}))["Parameters"]
    code = {BUCKET_PARAMETER, KEY_PARAMETER}
    assert {name for name, parameter in parameters.items() if "Default" not in parameter} == code
    assert [name for name in code if name not in snippet] == []


@pytest.mark.parametrize("tool", [name for name in TOOLS if name != "CDK"])
def test_a_tool_acknowledges_what_the_stack_makes(tool: str) -> None:
    """CDK does so itself."""
    [snippet] = TOOLS[tool]
    assert "CAPABILITY_IAM" in snippet


def test_the_pulumi_program_is_python() -> None:
    [snippet] = TOOLS["Pulumi"]
    assert any(isinstance(node, ast.Import) for node in ast.walk(ast.parse(snippet)))


@pytest.mark.parametrize("tool", ["Terraform", "CDK", "Pulumi"])
def test_the_outputs_that_a_tool_reads_are_in_the_stack(tool: str) -> None:
    [snippet] = TOOLS[tool]
    template = build_template(load_project(ROOT, "prod", {}))
    asked = re.findall(r"outputs\[\"(\w+)\"\]", snippet) + re.findall(r"getResource\('(\w+)'\)", snippet)
    assert asked
    assert [name for name in asked if name not in {**template["Outputs"], **template["Resources"]}] == []
