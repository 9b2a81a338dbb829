"""A stack has the resources whose conditions hold, its values worked out, and those of nested stacks."""

from __future__ import annotations

from pathlib import Path

from homeport.project.model import Source
from homeport.project.project import ProjectInputs
from tests.support.stacks import stack_of

CONDITIONS = """\
Parameters: {Stage: {Type: String, Default: dev}}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  Alarm: {Type: AWS::CloudWatch::Alarm, Condition: Prod}
  Table:
    Type: AWS::DynamoDB::Table
    DependsOn: Alarm
    Metadata: {BuildMethod: makefile}
    Properties:
      TableName: !Sub ${Stage}-items
      Tags: !If [Prod, [], !Ref AWS::NoValue]
      Nested:
        Name: !Ref Stage
Outputs:
  Name: {Value: !Ref Table}
  Alarm: {Value: !Ref Alarm, Condition: Prod}
"""


def test_condition_removes_resources_properties_and_outputs(tmp_path: Path) -> None:
    stack, problems = stack_of(tmp_path, CONDITIONS)
    assert problems == []
    assert list(stack.resources) == ["Table"]
    table = stack.resources["Table"]
    assert table.properties.value == {"TableName": "dev-items", "Nested": {"Name": "dev"}}
    assert (table.physical_id, table.metadata) == ("dev-items", {"BuildMethod": "makefile"})
    assert stack.outputs == {"Name": "dev-items"}


def test_a_resource_without_a_type_is_an_error(tmp_path: Path) -> None:
    stack, problems = stack_of(
        tmp_path, "Resources:\n  Table: {Type: AWS::DynamoDB::Table}\n  Lost: {Properties: {}}\n"
    )
    assert list(stack.resources) == ["Table"]
    assert [problem.partition(" (")[0] for problem in problems] == [
        "template.yaml:3: error: the resource Lost has no Type"
    ]


def test_places_of_secrets_are_noted(tmp_path: Path) -> None:
    text = """\
Parameters: {Key: {Type: String, NoEcho: true, Default: geheim}, Name: {Type: String, Default: a}}
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      A: !Sub "x${Key}"
      B: !Ref Name
      C: {D: "{{resolve:secretsmanager:db}}", E: "{{resolve:ssm:/e}}"}
"""
    inputs = ProjectInputs(imports=(("db", "geheim"), ("/e", "plain")))
    stack, problems = stack_of(tmp_path, text, inputs)
    assert problems == []
    assert stack.resources["Fn"].secret == {("A",), ("C", "D")}


def test_values_of_a_resource_have_their_lines(tmp_path: Path) -> None:
    stack, _ = stack_of(tmp_path, CONDITIONS)
    properties = stack.resources["Table"].properties
    assert properties.source == Source("template.yaml", 5)
    assert properties.at("TableName").line == 10
    assert properties.at("Nested").at("Name").line == 13


def test_resource_without_properties_has_the_line_of_its_name(tmp_path: Path) -> None:
    stack, _ = stack_of(tmp_path, "Resources:\n  One: {Type: AWS::SNS::Topic}\n  Two:\n    Type: AWS::SNS::Topic\n")
    assert [resource.properties.line for resource in stack.resources.values()] == [2, 3]


def test_resources_that_name_each_other_are_a_circle(tmp_path: Path) -> None:
    bucket = "  {}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Ref {}}}}}\n"
    _, problems = stack_of(tmp_path, "Resources:\n" + bucket.format("One", "Two") + bucket.format("Two", "One"))
    assert problems[0] == "template.yaml:2: error: the resource 'Two' refers to itself (break the circle)"


def test_resources_may_refer_to_each_other_in_other_properties(tmp_path: Path) -> None:
    function = "  {}: {{Type: AWS::Lambda::Function, Properties: {{Environment: !GetAtt {}.Arn}}}}\n"
    stack, problems = stack_of(tmp_path, "Resources:\n" + function.format("A", "B") + function.format("B", "A"))
    assert problems == []
    assert stack.resources["A"].properties.value == {"Environment": stack.resources["B"].arn}


def test_output_that_can_not_be_worked_out_is_a_warning(tmp_path: Path) -> None:
    text = "Resources: {A: {Type: AWS::SNS::Topic}}\nOutputs:\n  B: {Value: !Ref Nothing}\n"
    _, [problem] = stack_of(tmp_path, text)
    assert problem.startswith("template.yaml:3: warning: there is no parameter and no resource 'Nothing'")


PARENT = """\
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Storage:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./nested/storage.yaml
      Parameters:
        Prefix: !Sub ${Stage}-x
        Names: !Join [",", [a, b]]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      TABLE: !GetAtt Storage.Outputs.TableName
      ARN: !Sub ${Storage.Outputs.Inner}
Outputs:
  Id: {Value: !Ref Storage}
"""
CHILD = """\
Parameters:
  Prefix: {Type: String}
  Names: {Type: CommaDelimitedList}
  Kind: {Type: String, Default: plain}
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub "${Prefix}-${Kind}"}}
  Topic: {Type: AWS::SNS::Topic, Properties: {Names: !Ref Names}}
  Deep: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: deep.yaml}}
Outputs:
  TableName: {Value: !Ref Table}
  Inner: {Value: !GetAtt Deep.Outputs.Arn}
"""
DEEP = "Resources: {Queue: {Type: AWS::SQS::Queue}}\nOutputs: {Arn: {Value: !GetAtt Queue.Arn}}\n"


def write_nested(root: Path, child: str = CHILD, deep: str = DEEP) -> None:
    """Write the templates of the nested stacks."""
    folder = root / "app" / "nested"
    folder.mkdir(parents=True)
    (folder / "storage.yaml").write_text(child)
    (folder / "deep.yaml").write_text(deep)


def test_nested_stack_is_part_of_the_one_above(tmp_path: Path) -> None:
    write_nested(tmp_path)
    stack, problems = stack_of(tmp_path, PARENT)
    assert problems == []
    assert list(stack.resources) == [
        *("Storage", "Storage.Table", "Storage.Topic", "Storage.Deep", "Storage.Deep.Queue", "Function")
    ]
    assert stack.resources["Storage.Table"].physical_id == "dev-x-plain"
    assert stack.resources["Storage.Topic"].physical_id.endswith(":app-Storage-Topic")
    assert stack.resources["Storage.Topic"].properties.value == {"Names": ["a", "b"]}
    assert stack.resources["Function"].properties.value == {
        "TABLE": "dev-x-plain",
        "ARN": "arn:aws:sqs:us-east-1:000000000000:app-Storage-Deep-Queue",
    }
    assert stack.files == {"template.yaml", "nested/storage.yaml", "nested/deep.yaml"}
    assert stack.outputs["Id"].startswith("arn:aws:cloudformation:us-east-1:000000000000:stack/app-Storage/")


def test_problem_of_a_nested_stack_is_in_its_own_file(tmp_path: Path) -> None:
    write_nested(tmp_path, deep=DEEP.replace("!GetAtt Queue", "!GetAtt Quee"))
    _, problems = stack_of(tmp_path, PARENT)
    assert problems[0] == "nested/deep.yaml:2: warning: there is no resource 'Quee' (did you mean Queue?)"
    assert problems[1].startswith("nested/storage.yaml:11: warning: the nested stack 'Deep' has no output 'Arn'")
    assert problems[2].startswith("template.yaml:14: error: the nested stack 'Storage' has no output 'Inner'")


def test_parameters_of_a_nested_stack_are_checked(tmp_path: Path) -> None:
    write_nested(tmp_path)
    _, problems = stack_of(tmp_path, PARENT.replace("Prefix:", "Prefx:"))
    assert problems == [
        "template.yaml:3: error: the nested stack Storage needs the parameter 'Prefix' (add it to Parameters)",
        "template.yaml:8: error: the template of Storage has no parameter 'Prefx' (did you mean Prefix?)",
    ]


def test_placeholder_that_a_nested_stack_is_given_decides_nothing_about_protection(tmp_path: Path) -> None:
    child = """\
Parameters: {Open: {Type: String}}
Conditions: {IsOpen: !Equals [!Ref Open, "true"]}
Resources:
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {AuthorizationType: !If [IsOpen, NONE, JWT]}}
"""
    parent = """\
Parameters: {Public: {Type: String}}
Resources:
  Api:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: nested/storage.yaml, Parameters: {Open: !Ref Public}}
"""
    write_nested(tmp_path, child)
    _, [_, problem] = stack_of(tmp_path, parent)
    assert problem == (
        "nested/storage.yaml:1: error: 'Open' has no value, and it decides how Route is protected"
        " (--parameter Public=VALUE, or parameter_overrides in samconfig.toml)"
    )


def test_secret_stays_one_in_a_nested_stack(tmp_path: Path) -> None:
    write_nested(tmp_path, CHILD.replace("Names: !Ref Names", "Names: !Ref Prefix"))
    text = PARENT.replace("{Type: String, Default: dev}", "{Type: String, Default: dev, NoEcho: true}")
    stack, _ = stack_of(tmp_path, text)
    assert stack.resources["Storage.Topic"].secret == {("Names",)}


def test_nested_stack_that_is_not_local_is_named_and_its_outputs_are_unknown(tmp_path: Path) -> None:
    text = PARENT.replace("./nested/storage.yaml", "https://s3.amazonaws.com/bucket/storage.yaml")
    stack, problems = stack_of(tmp_path, text)
    assert problems == [
        "template.yaml:6: warning: the template of the nested stack Storage is not a local file, so its resources are"
        " left out (name a file of this project)"
    ]
    assert stack.resources["Function"].unknown == {("TABLE",), ("ARN",)}


def test_template_that_nests_itself_is_an_error(tmp_path: Path) -> None:
    nested = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: template.yaml}}"
    _, problems = stack_of(tmp_path, f"Resources:\n  Again: {nested}\n")
    assert problems[0] == "template.yaml:2: error: stacks are nested too deeply (does a template nest itself?)"
