"""The variables of a service: where each source finds its values, and what stands for a value that is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.project import ProjectInputs
from tests.support.serverless import HEAD, ReadService, read_service_text

pytestmark = pytest.mark.unit


def values(folder: Path, variables: str, rest: str = "", **given: object) -> ReadService:
    """Return a service with one function that has some environment variables."""
    text = f"{HEAD}{rest}\nfunctions:\n  get:\n    handler: app.handler\n    environment: {{{variables}}}\n"
    return read_service_text(folder, text, **given)  # type: ignore[arg-type]


def test_self_finds_values_and_parts_of_texts(tmp_path: Path) -> None:
    read = values(
        tmp_path,
        "A: '${self:custom.name}', B: '${self:service}-${self:provider.stage}', C: '${self:custom.list.1}', "
        "D: '${self:custom.${self:custom.which}.x}'",
        "custom: {name: '${self:custom.first}', first: one, list: [a, b], which: deep, deep: {x: found}}",
    )
    assert read.variables("Get") == {"A": "one", "B": "notes-dev", "C": "b", "D": "found"}
    assert read.messages == []


def test_a_value_that_is_missing_gives_way_to_the_next_source(tmp_path: Path) -> None:
    read = values(
        tmp_path,
        "A: '${self:custom.no, env:NO, ''last''}', B: \"${opt:x, 'y'}\", C: '${env:YES, ''z''}'",
        environ={"YES": "1"},
    )
    assert read.variables("Get") == {"A": "last", "B": "y", "C": "1"}


def test_a_self_that_leads_nowhere_is_an_error_with_its_line(tmp_path: Path) -> None:
    read = values(tmp_path, "A: '${self:custom.nmae}'", "custom: {name: x}")
    assert read.messages == ["serverless.yml:7: the variable ${self:custom.nmae} leads to nothing"]
    assert read.problems[0].hint == "did you mean name?"


def test_variables_that_lead_back_to_themselves_are_an_error(tmp_path: Path) -> None:
    read = values(
        tmp_path,
        "A: '${self:custom.a}', B: '${self:custom.map.x}'",
        "custom: {a: '${self:custom.b}', b: '${self:custom.a}', map: {x: '${self:custom.map}'}}",
    )
    assert any("leads back to itself" in message for message in read.messages)
    assert any("lead back to themselves" in message for message in read.messages)


def test_files_of_yaml_json_and_text_are_read_with_their_own_variables(tmp_path: Path) -> None:
    read = values(
        tmp_path,
        "A: '${file(a.yml):x.y}', B: '${file(b.json):z}', C: '${file(c.txt)}', "
        "D: '${file(a.${self:provider.stage}.yml):x, ''d''}'",
        files={"a.yml": "x: {y: '${self:service}!'}", "b.json": '{"z": "json"}', "c.txt": "plain"},
    )
    assert read.variables("Get") == {"A": "notes!", "B": "json", "C": "plain", "D": "d"}
    assert read.messages == []
    assert {"a.yml", "b.json", "c.txt", "a.dev.yml", "serverless.yml"} <= read.template.files


def test_a_problem_in_a_file_has_that_files_line(tmp_path: Path) -> None:
    text = f"{HEAD}functions: ${{file(functions.yml)}}\n"
    files = {"functions.yml": "get:\n  handler: app.handler\n  events:\n    - http: FETCH /x\n"}
    read = read_service_text(tmp_path, text, files)
    assert read.messages == ["functions.yml:4: an http event has no method 'FETCH'"]


def test_unknown_values_have_a_placeholder_and_a_warning(tmp_path: Path) -> None:
    read = values(
        tmp_path,
        "A: '${env:TOKEN}', B: '${ssm:/db/url}', C: '${cf:other.Table}', D: '${file(x.js):key}', "
        "E: '${self:custom.secret.key}'",
        "custom: {secret: '${file(secrets.yml)}'}",
    )
    assert read.variables("Get") == {"A": "TOKEN", "B": "url", "C": "Table", "D": "key", "E": "key"}
    assert all(problem.severity == "warning" for problem in read.problems)
    assert len(read.problems) == 5


def test_the_user_gives_values_of_sources(tmp_path: Path) -> None:
    inputs = ProjectInputs(
        imports=(("ssm:/db/url", "u"), ("other.Table", "t"), ("file(x.js):key", "k"), ("opt:color", "red")),
    )
    read = values(
        tmp_path,
        "A: '${ssm:/db/url}', B: '${cf:other.Table}', C: '${file(x.js):key}', D: '${opt:color}', E: '${ssm:/a-b~true}'",
        files={".env": "A_B=dotenv\n"},
        inputs=inputs,
    )
    assert read.variables("Get") == {"A": "u", "B": "t", "C": "k", "D": "red", "E": "dotenv"}
    assert read.messages == []


def test_parameters_come_from_the_command_then_the_stage_then_the_default(tmp_path: Path) -> None:
    rest = "params: {default: {a: 1, b: 2, c: 3}, dev: {b: two}}\nstages: {dev: {params: {c: three}}}"
    variables = "A: '${param:a}', B: '${param:b}', C: '${param:c}', D: '${param:d}'"
    read = values(tmp_path, variables, rest, inputs=ProjectInputs(parameters=(("d", "given"),)))
    assert read.variables("Get") == {"A": "1", "B": "two", "C": "three", "D": "given"}
    assert read.template.inputs.parameters == ()


def test_the_stage_is_the_option_else_the_providers_else_dev(tmp_path: Path) -> None:
    variables = "A: '${sls:stage}', B: \"${opt:stage, 'none'}\""
    assert values(tmp_path, variables).variables("Get") == {"A": "dev", "B": "none"}
    assert values(tmp_path, variables, stage="prod").variables("Get") == {"A": "prod", "B": "prod"}
    named = HEAD.replace("name: aws", "name: aws, stage: \"${opt:stage, 'test'}\"")
    text = f"{named}functions: {{get: {{handler: app.handler, environment: {{A: '${{sls:stage}}'}}}}}}"
    assert read_service_text(tmp_path, text).variables("Get") == {"A": "test"}
    assert read_service_text(tmp_path, text, stage="prod").variables("Get") == {"A": "prod"}
    given = ProjectInputs(imports=(("opt:stage", "local"),))
    assert read_service_text(tmp_path, text, inputs=given).variables("Get") == {"A": "local"}


def test_dotenv_files_of_the_stage_come_first(tmp_path: Path) -> None:
    files = {".env": "A=plain\nB=plain\n", ".env.dev": "A=dev\n"}
    read = values(tmp_path, "A: '${env:A}', B: '${env:B}', C: '${env:C}'", files=files, environ={"C": "shell"})
    assert read.variables("Get") == {"A": "dev", "B": "plain", "C": "shell"}


def test_aws_git_and_str_to_bool_have_their_values(tmp_path: Path) -> None:
    files = {".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": "0123456789abcdef\n"}
    read = values(
        tmp_path,
        "A: '${aws:region}', B: '${git:branch}', C: '${git:sha1}', D: \"${strToBool('1')}\", E: '${aws:accountId}'",
        files=files,
    )
    assert {**read.variables("Get"), "E": ""} == {"A": "us-east-1", "B": "main", "C": "0123456", "D": "true", "E": ""}


def test_a_configuration_that_unfolds_beyond_bounds_is_an_error(tmp_path: Path) -> None:
    rows = "".join(f"  a{n}: ['${{self:custom.a{n + 1}}}', '${{self:custom.a{n + 1}}}']\n" for n in range(30))
    text = f"{HEAD}custom:\n{rows}  a30: x\nlayers: ${{self:custom.a0}}\n"
    read = read_service_text(tmp_path, text)
    assert any("unfold beyond all bounds" in message for message in read.messages)


def test_further_dotenv_files_and_the_files_of_version_4_are_read(tmp_path: Path) -> None:
    rest = "useDotenv: [shared, one.env]\ncustom: {list: [1, 2]}"
    files = {"shared/.env": "A=shared\n", "one.env": "B=one\n", ".env": "C=own\n", "a.json": '{"x": {"y": "z"}}'}
    variables = "A: '${env:A}', B: '${env:B}', C: '${env:C}', D: '${file:a.json#x.y}', E: 'a-${self:custom.list}'"
    read = values(tmp_path, variables, rest, files=files)
    assert read.variables("Get") == {"A": "shared", "B": "one", "C": "own", "D": "z", "E": "a-1,2"}
