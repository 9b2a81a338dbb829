"""The values of a template's parameters: who gives them, what their types make of them, and what AWS would refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.project import ProjectInputs
from tests.support.stacks import stack_of

RESOURCES = "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"
TOML = """\
version = 0.1

[default.global.parameters]
stack_name = "orders"
region = "eu-central-1"

[default.deploy.parameters]
parameter_overrides = "Stage=deployed Mail=\\"a b@example.com\\""

[default.local_start_api.parameters]
parameter_overrides = ["Stage=here"]

[prod.deploy.parameters]
stack_name = "orders-prod"
parameter_overrides = "ParameterKey=Stage,ParameterValue=prod ParameterKey=Mail,ParameterValue=\\"p q\\""
"""


def read(root: Path, parameters: str, *given: tuple[str, str], stage: str = "local", toml: str = "") -> Any:
    """Return the stack of a template with these parameters, and its problems."""
    (root / "app").mkdir(exist_ok=True)
    if toml:
        (root / "app" / "samconfig.toml").write_text(toml)
    return stack_of(root, f"Parameters:\n{parameters}{RESOURCES}", ProjectInputs(parameters=given), stage)


def test_value_of_the_command_line_comes_before_samconfig_and_the_default(tmp_path: Path) -> None:
    parameters = "".join(f"  {name}: {{Type: String, Default: d}}\n" for name in ("Stage", "Mail", "Other"))
    stack, problems = read(tmp_path, parameters, ("Mail", "me"), toml=TOML)
    assert problems == []
    assert [stack.names[name] for name in ("Stage", "Mail", "Other")] == ["here", "me", "d"]


def test_name_and_region_of_the_stack_are_those_of_samconfig(tmp_path: Path) -> None:
    stack, _ = read(tmp_path, "  Stage: {Type: String}\n", toml=TOML)
    assert (stack.name, stack.region) == ("orders", "eu-central-1")
    assert stack.resources["Topic"].physical_id == "arn:aws:sns:eu-central-1:000000000000:orders-Topic"


def test_environment_of_samconfig_has_the_name_of_the_stage(tmp_path: Path) -> None:
    parameters = "  Stage: {Type: String}\n  Mail: {Type: String}\n"
    stack, problems = read(tmp_path, parameters, stage="prod", toml=TOML)
    assert problems == []
    assert (stack.name, stack.names["Stage"], stack.names["Mail"]) == ("orders-prod", "prod", "p q")


@pytest.mark.parametrize(
    "written",
    [
        '"A=1 B=\\"2 3\\" C=x=y"',
        "'A=1 B=\"2 3\" C=x=y'",
        '["A=1", "B=\\"2 3\\"", "C=x=y"]',
        '"ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=\\"2 3\\" ParameterKey=C,ParameterValue=x=y"',
        '{A = 1, B = "2 3", C = "x=y"}',
        '"""\nA=1\nB="2 3"\nC=x=y\n"""',
    ],
)
def test_overrides_are_read_in_each_form(tmp_path: Path, written: str) -> None:
    parameters = "".join(f"  {name}: {{Type: String}}\n" for name in "ABC")
    toml = f"[default.deploy.parameters]\nparameter_overrides = {written}\n"
    stack, problems = read(tmp_path, parameters, toml=toml)
    assert problems == []
    assert [stack.names[name] for name in "ABC"] == ["1", "2 3", "x=y"]


def test_samconfig_may_be_yaml(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    text = "default:\n  deploy:\n    parameters:\n      stack_name: orders\n      parameter_overrides: [A=1]\n"
    (tmp_path / "app" / "samconfig.yaml").write_text(text)
    stack, problems = read(tmp_path, "  A: {Type: String}\n")
    assert problems == []
    assert (stack.name, stack.names["A"]) == ("orders", "1")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[default", "samconfig.toml: error: can't be read: Expected ']' at the end of a table declaration"),
        (
            '[default.deploy.parameters]\nparameter_overrides = "A=1 secret"\n',
            "samconfig.toml: error: parameter_overrides has a part that is not NAME=VALUE: secret",
        ),
    ],
)
def test_broken_samconfig_is_an_error(tmp_path: Path, text: str, problem: str) -> None:
    _, problems = read(tmp_path, "  A: {Type: String, Default: a}\n", toml=text)
    assert [line[: len(problem)] for line in problems] == [problem]


def test_stack_has_the_name_of_its_folder(tmp_path: Path) -> None:
    stack, problems = read(tmp_path, "  A: {Type: String, Default: a}\n")
    assert (stack.name, stack.region, problems) == ("app", "us-east-1", [])


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("{Type: String, Default: 5}", "5"),
        ("{Type: String, Default: true}", "true"),
        ("{Type: String, Default: ''}", ""),
        ("{Type: Number, Default: 512}", "512"),
        ("{Type: CommaDelimitedList, Default: 'a, b'}", ["a", "b"]),
        ("{Type: List<Number>, Default: '1,2'}", ["1", "2"]),
        ("{Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-1,subnet-2'}", ["subnet-1", "subnet-2"]),
        ("{Type: 'AWS::SSM::Parameter::Name', Default: /a/b}", "/a/b"),
    ],
)
def test_default_has_the_type_of_its_parameter(tmp_path: Path, declared: str, value: Any) -> None:
    stack, problems = read(tmp_path, f"  A: {declared}\n")
    assert (stack.names["A"], problems) == (value, [])


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{Type: String, Default: c, AllowedValues: [a, b]}", "the parameter 'A' can't be 'c' (allowed: a, b)"),
        (
            "{Type: String, Default: c, AllowedPattern: '[0-9]+', ConstraintDescription: digits only}",
            "the parameter 'A' can't be 'c': it does not match [0-9]+ (digits only)",
        ),
        (
            "{Type: String, Default: geheim, NoEcho: true, AllowedPattern: '[0-9]+'}",
            "the parameter 'A' can't be its value: it does not match [0-9]+ (give it another value)",
        ),
        ("{Type: Number, Default: c}", "the parameter 'A' is a Number and can't be 'c' (give it another value)"),
        (
            "{Type: Number, Default: 9, MaxValue: 5}",
            "the parameter 'A' can't be '9': it is out of MinValue and MaxValue (give it another value)",
        ),
        (
            "{Type: String, Default: abc, MinLength: 4}",
            "the parameter 'A' can't be 'abc': it is 3 characters long (give it another value)",
        ),
    ],
)
def test_value_that_aws_would_refuse_is_an_error(tmp_path: Path, declared: str, message: str) -> None:
    _, problems = read(tmp_path, f"  A: {declared}\n")
    assert problems == [f"template.yaml:2: error: {message}"]


def test_unknown_parameter_is_an_error(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "  Stage: {Type: String, Default: a}\n", ("Stag", "b"))
    assert problems == ["template.yaml:1: error: the template has no parameter 'Stag' (did you mean Stage?)"]


def test_parameters_without_a_value_have_placeholders_and_one_warning(tmp_path: Path) -> None:
    declared = {
        "Bucket": ("String", "Bucket"),
        "AdminEmail": ("String", "nobody@example.com"),
        "DomainName": ("String", "example.com"),
        "Size": ("Number", "1"),
        "Vpc": ("AWS::EC2::VPC::Id", "vpc-00000000000000000"),
        "Subnets": ("List<AWS::EC2::Subnet::Id>", ["subnet-00000000000000000"]),
    }
    parameters = "".join(f'  {name}: {{Type: "{type}"}}\n' for name, (type, _) in declared.items())
    stack, problems = read(tmp_path, f"{parameters}  Mode: {{Type: String, AllowedValues: [fast, slow]}}\n")
    assert [stack.names[name] for name in declared] == [value for _, value in declared.values()]
    assert stack.names["Mode"] == "fast"
    assert problems == [
        "template.yaml:2: warning: no value is given for Bucket, AdminEmail, DomainName, Size, Vpc, Subnets, Mode:"
        " a placeholder stands for each (--parameter Bucket=VALUE, or parameter_overrides in samconfig.toml)"
    ]


SSM = "  Host: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /db/host}\n"


def test_parameter_of_systems_manager_has_the_value_that_is_given(tmp_path: Path) -> None:
    inputs = ProjectInputs(imports=(("/db/host", "db.example.com"),))
    stack, problems = stack_of(tmp_path, f"Parameters:\n{SSM}{RESOURCES}", inputs)
    assert (stack.names["Host"], problems) == ("db.example.com", [])


def test_parameter_of_systems_manager_without_a_value_is_a_warning(tmp_path: Path) -> None:
    stack, problems = read(tmp_path, SSM)
    assert stack.names["Host"] == "host"
    assert problems == [
        "template.yaml:2: warning: the parameter of Systems Manager '/db/host' has no value here,"
        " so a placeholder stands for it (--import /db/host=VALUE, or DB_HOST=VALUE in .env)"
    ]


GUESSED = """\
Parameters:
  Open: {Type: String}
  Key: {Type: String}
Conditions:
  IsOpen: !Equals [!Ref Open, "true"]
  IsOther: !Not [!Condition IsOpen]
Resources:
"""
HINT = "(--parameter {0}=VALUE, or parameter_overrides in samconfig.toml)"


@pytest.mark.parametrize(
    ("resource", "name", "line"),
    [
        ("{Type: AWS::ApiGateway::RestApi, Properties: {Body: {security: !If [IsOpen, [], [{jwt: []}]]}}}", "Open", 2),
        ("{Type: AWS::ApiGatewayV2::Route, Properties: {AuthorizationType: !If [IsOther, JWT, NONE]}}", "Open", 2),
        ("{Type: AWS::ApiGateway::Authorizer, Condition: IsOther}", "Open", 2),
        ("{Type: AWS::ApiGateway::ApiKey, Properties: {Value: !Sub 'key-${Key}'}}", "Key", 3),
    ],
)
def test_placeholder_that_decides_how_an_api_is_protected_is_an_error(
    tmp_path: Path, resource: str, name: str, line: int
) -> None:
    _, [_, problem] = stack_of(tmp_path, f"{GUESSED}  Api: {resource}\n")
    message = f"{name!r} has no value, and it decides how Api is protected {HINT.format(name)}"
    assert problem == f"template.yaml:{line}: error: {message}"


def test_placeholder_of_systems_manager_decides_nothing_about_protection(tmp_path: Path) -> None:
    parameters = "Parameters:\n  Open: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /open}\n"
    rest = GUESSED[GUESSED.index("Conditions") :]
    api = "  Api: {Type: AWS::ApiGatewayV2::Authorizer, Condition: IsOther}\n"
    _, problems = stack_of(tmp_path, f"{parameters}{rest}{api}")
    hint = "(--import /open=VALUE, or OPEN=VALUE in .env)"
    assert problems[1] == f"template.yaml:2: error: 'Open' has no value, and it decides how Api is protected {hint}"


@pytest.mark.parametrize(
    "resource",
    [
        "{Type: AWS::SNS::Topic, Properties: {TopicName: !If [IsOpen, a, !Ref Key]}}",
        "{Type: AWS::ApiGateway::Stage, Properties: {StageName: !If [IsOpen, a, !Ref Key]}}",
        "{Type: AWS::ApiGateway::RestApi, Properties: {Name: !If [IsOpen, a, b], Body: {info: {title: !Ref Key}}}}",
        "{Type: AWS::ApiGateway::ApiKey, Properties: {Name: !If [IsOpen, a, !Ref Key], Value: b}}",
    ],
)
def test_placeholder_elsewhere_is_no_error(tmp_path: Path, resource: str) -> None:
    stack, problems = stack_of(tmp_path, f"{GUESSED}  Thing: {resource}\n")
    assert "Thing" in stack.resources
    assert len(problems) == 1


def test_secret_of_an_api_key_must_be_given(tmp_path: Path) -> None:
    key = "{Type: AWS::ApiGateway::ApiKey, Properties: {Value: '{{resolve:secretsmanager:key}}'}}"
    _, problems = stack_of(tmp_path, f"Resources:\n  Key: {key}\n")
    hint = "(--import key=VALUE, or KEY=VALUE in .env)"
    assert problems[0] == f"template.yaml:2: error: 'key' has no value, and it decides how Key is protected {hint}"
