"""Each function of CloudFormation gives what its documentation says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.project.cloudformation.stack.intrinsics import Evaluator
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from tests.support.stacks import stack_of, value_of, with_value

SECTIONS = """\
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Bucket: {Type: AWS::S3::Bucket, Condition: Prod}
Parameters:
  Stage: {Type: String, Default: dev}
  Flag: {Type: String, Default: true}
  Count: {Type: Number, Default: 5}
  Ratio: {Type: Number, Default: 0.5}
  Names: {Type: CommaDelimitedList, Default: "one, two,three"}
Mappings:
  Regions:
    us-east-1: {Image: ami-1, Zones: [a, b]}
    eu-west-1: {Image: ami-2}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition Prod]
  Both: !And [!Condition NotProd, !Equals [!Ref Flag, "true"]]
  Either: !Or [!Condition Prod, !Equals [!Ref Count, 5]]
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("!Ref Stage", "dev"),
        ("!Ref Names", ["one", "two", "three"]),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::AccountId", "000000000000"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::StackName", "app"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Ref AWS::NotificationARNs", []),
        ("!Ref Queue", "https://sqs.us-east-1.amazonaws.com/000000000000/jobs"),
        ("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:000000000000:jobs"),
        ("{'Fn::GetAtt': Queue.QueueName}", "jobs"),
        ("{'Fn::GetAtt': [Queue, QueueName]}", "jobs"),
        ("!Sub '${Stage}-${AWS::Region}-${Queue.Arn}'", "dev-us-east-1-arn:aws:sqs:us-east-1:000000000000:jobs"),
        ("!Sub '${!Literal} ${Stage}'", "${Literal} dev"),
        ("!Sub ['${a}/${Stage}/${b}', {a: !Ref Count, b: !Join [x, !Ref Names]}]", "5/dev/onextwoxthree"),
        ("!Sub ['${Stage}', {Stage: own}]", "own"),
        ("!Sub plain", "plain"),
        ("!Join [':', [a, b, c]]", "a:b:c"),
        ("!Join ['', ['arn:', !Ref AWS::Partition, ':s3:::', x]]", "arn:aws:s3:::x"),
        ("!Join ['-', [a, !Ref AWS::NoValue, 1, true]]", "a-1-true"),
        ("!Split ['|', 'a|b|c|']", ["a", "b", "c", ""]),
        ("!Select [1, [apples, grapes, oranges]]", "grapes"),
        ("!Select ['2', !Ref Names]", "three"),
        ("!Select [2, !Split [',', 'a,b,c']]", "c"),
        ("!If [Prod, a, b]", "b"),
        ("!If [Both, {x: !Ref Stage}, b]", {"x": "dev"}),
        ("!If [Either, !If [Prod, a, !Ref Count], c]", "5"),
        ("!If [Prod, a, !Ref AWS::NoValue]", None),
        ("{a: !If [Prod, a, !Ref AWS::NoValue], b: 1}", {"b": 1}),
        ("[a, !If [Prod, b, !Ref AWS::NoValue], !Ref Stage]", ["a", "dev"]),
        ("!FindInMap [Regions, !Ref AWS::Region, Image]", "ami-1"),
        ("!FindInMap [Regions, us-east-1, Zones]", ["a", "b"]),
        ("!FindInMap [Regions, mars, Image, {DefaultValue: !Ref Stage}]", "dev"),
        ("!FindInMap [Regions, !Join ['-', [us, east, 1]], !Sub Image]", "ami-1"),
        ("!Base64 AWS CloudFormation", "QVdTIENsb3VkRm9ybWF0aW9u"),
        ("{'Fn::Base64': !Sub '${Stage}'}", "ZGV2"),
        ("!Cidr ['192.168.0.0/24', 6, 5]", [f"192.168.0.{n * 32}/27" for n in range(6)]),
        ("!Select [0, !Cidr [10.0.0.0/16, 2]]", "10.0.0.0/24"),
        ("!GetAZs ''", ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("!GetAZs eu-west-1", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ("!Select [0, !GetAZs {Ref: 'AWS::Region'}]", "us-east-1a"),
        ("{'Fn::Length': !Ref Names}", 3),
        ("{'Fn::Length': [1, 2]}", 2),
        ("{'Fn::ToJsonString': {a: !Ref Stage, b: [1, true]}}", '{"a":"dev","b":[1,true]}'),
        ("!Join [',', [!Ref Flag, !Ref Ratio, !Ref Count]]", "true,0.5,5"),
        ("{Condition: {StringEquals: {a: !Ref Stage}}}", {"Condition": {"StringEquals": {"a": "dev"}}}),
        ("{Ref: Stage, Other: 1}", {"Ref": "Stage", "Other": 1}),
        ("'text ${Stage}'", "text ${Stage}"),
    ],
)
def test_function_gives_its_documented_value(tmp_path: Path, written: str, expected: Any) -> None:
    assert value_of(tmp_path, written, SECTIONS) == expected


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("!Ref Stag", "there is no parameter and no resource 'Stag' (did you mean Stage?)"),
        ("!Ref Bucket", "the resource 'Bucket' is not part of the stack: its condition does not hold"),
        ("!GetAtt Zzz.Arn", "there is no resource 'Zzz' (add it, or refer to another one)"),
        ("!GetAtt Queue", "Fn::GetAtt needs a resource and an attribute (write Resource.Arn)"),
        ("!Sub '${Stag}'", "there is no parameter and no resource 'Stag' (did you mean Stage?)"),
        ("!Sub '${Names}'", "Fn::Sub needs a text here, not a list"),
        ("!Sub [a]", "Fn::Sub needs a list of 2"),
        ("!Join [',', a]", "a list is needed here"),
        ("!Join [',', [{a: b}]]", "1 needs a text here, not a map"),
        ("!Select [3, [a, b]]", "Fn::Select finds no entry 3 (count from 0)"),
        ("!Split ['', a]", "Fn::Split needs a delimiter"),
        ("!If [Nope, a, b]", "there is no condition 'Nope'"),
        ("!FindInMap [Regions, mars, Image]", "Fn::FindInMap finds no 'mars'"),
        ("!Cidr [10.0.0.0/24, 300, 8]", "Fn::Cidr can't be worked out: 10.0.0.0/24 has no 300 blocks of 8 bits"),
        ("!Cidr [here, 1, 8]", "Fn::Cidr can't be worked out: 'here' does not appear to be an IPv4 or IPv6 network"),
        ("!Transform {Name: Mine}", "Fn::Transform can't be worked out locally (write the value out)"),
        ("{'Fn::New': 1}", "Fn::New can't be worked out locally (write the value out)"),
    ],
)
def test_wrong_function_is_an_error_at_its_line(tmp_path: Path, written: str, problem: str) -> None:
    stack, [line] = stack_of(tmp_path, with_value(written, SECTIONS))
    assert line.startswith(f"template.yaml:5: error: {problem}")
    assert "Value" not in stack.resources["Thing"].properties.value


def test_wrong_value_does_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    stack, problems = stack_of(tmp_path, with_value("[a, !Ref One, {b: !Ref Two, c: d}]"))
    assert stack.resources["Thing"].properties.value == {"Value": ["a", {"c": "d"}]}
    assert [problem.partition("(")[0].strip() for problem in problems] == [
        "template.yaml:5: error: there is no parameter and no resource 'One'",
        "template.yaml:5: error: there is no parameter and no resource 'Two'",
    ]


@pytest.mark.parametrize("name", ["{{resolve:ssm:/app/db-url:3}}", "{{resolve:ssm-secure:/app/db-url:1}}"])
def test_parameter_of_systems_manager_is_the_value_that_is_given(tmp_path: Path, name: str) -> None:
    inputs = ProjectInputs(imports=(("/app/db-url", "postgres://db"),))
    assert value_of(tmp_path, f"'x {name}'", inputs=inputs) == "x postgres://db"


@pytest.mark.parametrize(
    ("imported", "value"),
    [
        (("db:password", "geheim"), "geheim"),
        (("db", '{"password": "geheim"}'), "geheim"),
        (("DB_PASSWORD", "geheim"), "geheim"),
    ],
)
def test_secret_is_the_value_that_is_given(tmp_path: Path, imported: tuple[str, str], value: str) -> None:
    written = "!Sub '{{resolve:secretsmanager:${Stage}:SecretString:password}}'"
    parameters = "Parameters: {Stage: {Type: String, Default: db}}"
    assert value_of(tmp_path, written, parameters, ProjectInputs(imports=(imported,))) == value


def test_secret_named_by_its_arn_is_found(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3"
    inputs = ProjectInputs(imports=((f"{arn}:password", "geheim"),))
    written = "'{{resolve:secretsmanager:" + arn + ":SecretString:password::}}'"
    assert value_of(tmp_path, written, inputs=inputs) == "geheim"


def test_import_is_found_in_dotenv_as_a_variable(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / ".env").write_text("NETWORK_VPC_ID=vpc-7\n")
    assert value_of(tmp_path, "!ImportValue network-VpcId") == "vpc-7"


def test_import_without_a_value_has_a_placeholder_and_a_warning(tmp_path: Path) -> None:
    stack, [problem] = stack_of(tmp_path, with_value("!ImportValue network-VpcId"))
    assert stack.resources["Thing"].properties.value == {"Value": "network-VpcId"}
    assert problem == (
        "template.yaml:5: warning: the export 'network-VpcId' has no value here, so a placeholder stands for it"
        " (--import network-VpcId=VALUE, or NETWORK_VPC_ID=VALUE in .env)"
    )


def test_layer_of_powertools_stays_the_name_of_its_parameter(tmp_path: Path) -> None:
    written = "'{{resolve:ssm:/aws/service/powertools/python/arm64/python3.12/latest}}'"
    assert value_of(tmp_path, written) == written.strip("'")


def test_value_of_another_line_keeps_its_line(tmp_path: Path) -> None:
    text = with_value("\n        - !If [Never, a, !Ref AWS::NoValue]\n        - b\n        - !Ref AWS::Region")
    stack, problems = stack_of(tmp_path, f"{text}Conditions: {{Never: !Equals [a, b]}}\n")
    value = stack.resources["Thing"].properties.at("Value")
    assert problems == []
    assert [(entry.value, entry.line) for entry in value.entries()] == [("b", 7), ("us-east-1", 8)]


def test_condition_that_refers_to_itself_is_an_error(tmp_path: Path) -> None:
    sections = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n"
    _, problems = stack_of(tmp_path, with_value("!If [A, 1, 2]", sections))
    assert problems == ["template.yaml:8: error: the condition 'A' refers to itself (break the circle)"]


def test_mapping_that_refers_to_itself_is_an_error(tmp_path: Path) -> None:
    sections = "Mappings: {A: {b: {c: !FindInMap [A, b, c]}}}\n"
    _, problems = stack_of(tmp_path, with_value("!FindInMap [A, b, c]", sections))
    assert problems == ["template.yaml:6: error: the mapping refers to itself (break the circle)"]


def test_long_chain_of_conditions_is_an_error(tmp_path: Path) -> None:
    chain = "".join(f"  C{n}: !Not [!Condition C{n + 1}]\n" for n in range(500))
    _, [problem] = stack_of(tmp_path, with_value("!If [C0, a, b]", f"Conditions:\n{chain}  C500: !Equals [a, a]\n"))
    assert problem.endswith("needs too long a chain of others (shorten it)")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def evaluate(value: Any) -> Any:
    """Return what an evaluator without names makes of a value."""
    nothing = Cursor.root(Document("", {}, {}))
    return Evaluator({}, nothing, nothing).value(Cursor.root(Document("", value, {})))


@given(PLAIN)
def test_value_without_functions_stays_as_it_is(value: Any) -> None:
    assert evaluate(value) == value


@given(st.lists(st.text(), min_size=1), st.sampled_from(",|;-"))
def test_split_is_the_inverse_of_join(parts: list[str], delimiter: str) -> None:
    plain = [part.replace(delimiter, "") for part in parts]
    assert evaluate({"Fn::Split": [delimiter, {"Fn::Join": [delimiter, plain]}]}) == plain


@given(st.text("abc.$!{: "))
def test_substitution_gives_a_literal_back(name: str) -> None:
    assert evaluate({"Fn::Sub": f"a ${{!{name}}} b"}) == f"a ${{{name}}} b"
