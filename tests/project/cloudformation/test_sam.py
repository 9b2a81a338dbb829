"""SAM templates become plain CloudFormation: what is made of each kind of resource, local paths, faults, the cache."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import SetupError
from homeport.project.cloudformation.template.sam import translate
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.template_text import read_template_text
from tests.support.sam_templates import REGION, SAM, read_plain, try_plain, write_files

FUNCTION = "Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12"
"""The beginning of a function, in flow style."""


@pytest.mark.parametrize(
    ("resources", "types"),
    [
        (
            f"Fn: {{{FUNCTION}, Events: {{Get: {{Type: Api, Properties: {{Path: /x, Method: get}}}}}}}}}}",
            "Lambda::Function IAM::Role Lambda::Permission "
            "ApiGateway::RestApi ApiGateway::Deployment ApiGateway::Stage",
        ),
        (
            f"Fn: {{{FUNCTION}, Events: {{Get: {{Type: HttpApi, Properties: {{Path: /x, Method: get}}}}}}}}}}",
            "Lambda::Function IAM::Role Lambda::Permission ApiGatewayV2::Api ApiGatewayV2::Stage",
        ),
        ("T: {Type: AWS::Serverless::SimpleTable}", "DynamoDB::Table"),
        ("L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}", "Lambda::LayerVersion"),
        (
            "M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: a.asl.json}}",
            "StepFunctions::StateMachine IAM::Role",
        ),
        ("A: {Type: AWS::Serverless::Application, Properties: {Location: ./nested}}", "CloudFormation::Stack"),
        (
            "A: {Type: AWS::Serverless::Application, Properties: {Location: "
            "{ApplicationId: 'arn:aws:serverlessrepo:us-east-1:1:applications/x', SemanticVersion: 1.0.0}}}",
            "CloudFormation::Stack",
        ),
        (
            "G: {Type: AWS::Serverless::GraphQLApi, Properties: {SchemaInline: 'type Query { a: String }', "
            "Auth: {Type: AWS_IAM}}}",
            "AppSync::GraphQLApi AppSync::GraphQLSchema IAM::Role",
        ),
        (
            f"Fn: {{{FUNCTION}, FunctionUrlConfig: {{AuthType: NONE}}}}}}",
            "Lambda::Function IAM::Role Lambda::Url Lambda::Permission Lambda::Permission",
        ),
        (
            f"Fn: {{{FUNCTION}, AutoPublishAlias: live, CodeUri: src}}}}",
            "Lambda::Function IAM::Role Lambda::Version Lambda::Alias",
        ),
        (
            f"Fn: {{{FUNCTION}}}}}\n  Queue: {{Type: AWS::SQS::Queue}}\n  C: {{Type: AWS::Serverless::Connector, "
            "Properties: {Source: {Id: Fn}, Destination: {Id: Queue}, Permissions: [Write]}}",
            "Lambda::Function IAM::Role SQS::Queue IAM::ManagedPolicy",
        ),
        (
            f"Fn: {{Connectors: {{C: {{Properties: {{Destination: {{Id: T}}, Permissions: [Read]}}}}}}, {FUNCTION}}}}}"
            "\n  T: {Type: AWS::Serverless::SimpleTable}",
            "Lambda::Function IAM::Role DynamoDB::Table IAM::ManagedPolicy",
        ),
        (
            "A: {Type: AWS::Serverless::Api, Properties: {StageName: v1, Auth: {ApiKeyRequired: true, "
            "UsagePlan: {CreateUsagePlan: PER_API}}, DefinitionBody: {swagger: '2.0', paths: {/x: {get: {}}}}}}",
            "ApiGateway::RestApi ApiGateway::Deployment ApiGateway::Stage ApiGateway::UsagePlan ApiGateway::ApiKey "
            "ApiGateway::UsagePlanKey",
        ),
        (
            "A: {Type: AWS::Serverless::HttpApi, Properties: {Domain: {DomainName: a.example.com, "
            "CertificateArn: 'arn:aws:acm:eu-west-1:1:certificate/x', Route53: {HostedZoneId: Z1}}}}",
            "ApiGatewayV2::Api ApiGatewayV2::Stage ApiGatewayV2::DomainName ApiGatewayV2::ApiMapping "
            "Route53::RecordSetGroup",
        ),
        (
            f"Fn: {{{FUNCTION}, Events: {{S: {{Type: SQS, Properties: {{Queue: 'arn:aws:sqs:eu-west-1:1:q'}}}}, "
            "R: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}}}}",
            "Lambda::Function IAM::Role Lambda::EventSourceMapping Events::Rule Lambda::Permission",
        ),
    ],
)
def test_resource_becomes_what_aws_makes_of_it(tmp_path: Path, resources: str, types: str) -> None:
    plain = read_plain(tmp_path, {"template.yaml": f"{SAM}Resources:\n  {resources}\n", "a.asl.json": "{}"})
    made = [resource["Type"].removeprefix("AWS::") for resource in plain.value("Resources").values()]
    assert Counter(made) == Counter(types.split())
    assert plain.text() == []


def test_globals_are_merged(tmp_path: Path) -> None:
    plain = read_plain(
        tmp_path,
        f"""{SAM}Globals:
  Function: {{Runtime: python3.12, Timeout: 7, Environment: {{Variables: {{A: a, B: b}}}}}}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: {{Handler: a.b, Environment: {{Variables: {{B: own}}}}}}
""",
    )
    properties = plain.value("Resources", "Fn", "Properties")
    assert (properties["Runtime"], properties["Timeout"]) == ("python3.12", 7)
    assert properties["Environment"] == {"Variables": {"A": "a", "B": "own"}}


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("CodeUri: ./src", {"LocalPath": "./src"}),
        ("CodeUri: !Sub '${AWS::StackName}/src'", {"LocalPath": {"Fn::Sub": "${AWS::StackName}/src"}}),
        ("Timeout: 3", {"LocalPath": "."}),
        ("InlineCode: 'x = 1'", {"ZipFile": "x = 1"}),
        ("CodeUri: s3://bucket/key.zip", {"S3Bucket": "bucket", "S3Key": "key.zip"}),
        ("CodeUri: {Bucket: b, Key: k}", {"S3Bucket": "b", "S3Key": "k"}),
    ],
)
def test_local_code_stays_a_local_path(tmp_path: Path, code: str, made: dict[str, Any]) -> None:
    plain = read_plain(tmp_path, f"{SAM}Resources:\n  Fn: {{{FUNCTION}, {code}}}}}\n")
    assert plain.value("Resources", "Fn", "Properties", "Code") == made


def test_code_of_globals_is_a_local_path(tmp_path: Path) -> None:
    globals_ = "Globals: {Function: {CodeUri: src/}}\n"
    plain = read_plain(tmp_path, f"{SAM}{globals_}Resources:\n  Fn: {{{FUNCTION}}}}}\n")
    assert plain.value("Resources", "Fn", "Properties", "Code") == {"LocalPath": "src/"}
    assert plain.place("Resources", "Fn", "Properties", "Code") == "template.yaml:2"


def test_image_without_a_uri_is_an_image(tmp_path: Path) -> None:
    plain = read_plain(
        tmp_path,
        f"""{SAM}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata: {{Dockerfile: Dockerfile, DockerContext: ./app}}
    Properties: {{PackageType: Image}}
""",
    )
    assert plain.value("Resources", "Fn", "Properties", "Code") == {"ImageUri": ""}
    assert plain.value("Resources", "Fn", "Metadata") == {"Dockerfile": "Dockerfile", "DockerContext": "./app"}


def test_local_layer_and_state_machine_stay_local_paths(tmp_path: Path) -> None:
    plain = read_plain(
        tmp_path,
        f"""{SAM}Resources:
  L: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: layer/}}}}
  M: {{Type: AWS::Serverless::StateMachine, Properties: {{DefinitionUri: a.asl.json, Role: 'arn:aws:iam::1:role/r'}}}}
""",
    )
    resources = plain.value("Resources")
    (layer,) = (each for each in resources.values() if each["Type"] == "AWS::Lambda::LayerVersion")
    assert layer["Properties"]["Content"] == {"LocalPath": "layer/"}
    assert resources["M"]["Properties"]["DefinitionS3Location"] == {"LocalPath": "a.asl.json"}


def test_managed_policies_have_their_arns(tmp_path: Path) -> None:
    policies = "[AWSLambdaBasicExecutionRole, AmazonDynamoDBReadOnlyAccess, 'arn:aws:iam::1:policy/own']"
    plain = read_plain(tmp_path, f"{SAM}Resources:\n  Fn: {{{FUNCTION}, Policies: {policies}}}}}\n")
    assert plain.value("Resources", "FnRole", "Properties", "ManagedPolicyArns") == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess",
        "arn:aws:iam::1:policy/own",
    ]


def test_translator_knows_the_values_of_parameters(tmp_path: Path) -> None:
    template = f"""{SAM}Parameters:
  Alias: {{Type: String, Default: live}}
Resources:
  Fn: {{{FUNCTION}, AutoPublishAlias: !Ref Alias}}}}
"""
    assert "FnAliaslive" in read_plain(tmp_path, template).value("Resources")
    assert "FnAliasbeta" in read_plain(tmp_path, template, {"Alias": "beta"}).value("Resources")


def test_application_of_the_repository_is_named_by_parameters_and_mappings(tmp_path: Path) -> None:
    template = f"""{SAM}Parameters:
  Id: {{Type: String, Default: 'arn:aws:serverlessrepo:us-east-1:1:applications/x'}}
Mappings: {{Versions: {{eu-west-1: {{x: 1.0.0}}}}}}
Resources:
  A:
    Type: AWS::Serverless::Application
    Properties:
      Location: {{ApplicationId: !Ref Id, SemanticVersion: !FindInMap [Versions, !Ref AWS::Region, x]}}
"""
    values = {"Id": "arn:aws:serverlessrepo:us-east-1:1:applications/x", "AWS::Region": REGION}
    url = read_plain(tmp_path, template, values).value("Resources", "A", "Properties", "TemplateURL")
    assert url == "https://serverlessrepo.invalid/arn:aws:serverlessrepo:us-east-1:1:applications/x/1.0.0"


def test_plain_template_is_returned_as_it_is(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": "Resources: {T: {Type: AWS::SNS::Topic}}\n"})
    document, _ = read_template_text(tmp_path, "template.yaml")
    assert document is not None
    assert translate(document, {}, REGION, tmp_path / "cache", Diagnostics()) is document
    assert not (tmp_path / "cache").exists()


def test_template_with_the_transform_and_no_resource_of_sam_keeps_its_resources(tmp_path: Path) -> None:
    plain = read_plain(tmp_path, f"{SAM}Resources:\n  Topic: {{Type: AWS::SNS::Topic}}\n")
    assert plain.value("Resources") == {"Topic": {"Type": "AWS::SNS::Topic"}}
    assert plain.place("Resources", "Topic") == "template.yaml:3"


def test_sam_resources_without_the_transform_are_a_warning(tmp_path: Path) -> None:
    plain = read_plain(tmp_path, "Resources:\n  T: {Type: AWS::Serverless::SimpleTable}\n")
    assert plain.value("Resources", "T", "Type") == "AWS::DynamoDB::Table"
    assert plain.text() == [
        "template.yaml:1: warning: the template has SAM resources and no Transform: CloudFormation would refuse it "
        "(write Transform: AWS::Serverless-2016-10-31)"
    ]


def test_macro_of_the_owners_is_named(tmp_path: Path) -> None:
    template = (
        "Transform: [MyMacro, AWS::Serverless-2016-10-31]\nResources:\n  T: {Type: AWS::Serverless::SimpleTable}\n"
    )
    assert read_plain(tmp_path, template).text() == [
        "template.yaml:1: warning: the macro MyMacro runs on AWS only: the template is read without it "
        "(what it would make is missing here)"
    ]


@pytest.mark.parametrize(
    ("resources", "start"),
    [
        (
            "  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: src\n",
            "template.yaml:3: error: SAM refuses Fn: Runtime and Handler needs to be present",
        ),
        (
            "  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: a.b\n"
            "      Runtime: python3.12\n      Events:\n        Get:\n          Type: Api\n"
            "          Properties: {Path: /x, Method: get, Auth: {Authorizer: Gone}}\n",
            "template.yaml:9: error: SAM refuses the event Get of Fn: Unable to set Authorizer [Gone]",
        ),
        (
            "  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: a.b\n"
            "      Runtime: python3.12\n      Memory: 5\n",
            "template.yaml:3: error: SAM refuses Fn: property Memory not defined",
        ),
        (
            "  A:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: v1\n      Auth: []\n",
            "template.yaml:7: error: SAM refuses A: ",
        ),
        (
            "  T:\n    Type: AWS::Serverless::SimpleTable\n    Properties: 5\n",
            "template.yaml:3: error: SAM refuses T: ",
        ),
    ],
)
def test_fault_is_an_error_at_the_owners_line(tmp_path: Path, resources: str, start: str) -> None:
    document, problems = try_plain(tmp_path, f"{SAM}Resources:\n{resources}")
    assert document is None
    assert [str(problem).startswith(start) for problem in problems] == [True], list(map(str, problems))
    assert problems[0].hint


def test_every_fault_is_reported(tmp_path: Path) -> None:
    function = "{Type: AWS::Serverless::Function, Properties: {CodeUri: src}}"
    _, problems = try_plain(tmp_path, f"{SAM}Resources:\n  A: {function}\n  B: {function}\n")
    assert [problem.line for problem in problems] == [3, 4]


@pytest.mark.parametrize(
    "resources", ["Resources: 5", "Resources: {A: 5}", "Resources: []", "Outputs: {}", "Resources:"]
)
def test_damaged_template_is_an_error_and_no_traceback(tmp_path: Path, resources: str) -> None:
    document, problems = try_plain(tmp_path, f"{SAM}{resources}\n")
    assert document is None
    assert [problem.severity for problem in problems] == ["error"]


TABLE = f"{SAM}Resources:\n  T: {{Type: AWS::Serverless::SimpleTable}}\n"


def test_result_is_cached_by_content(tmp_path: Path) -> None:
    read_plain(tmp_path, TABLE)
    (first,) = (tmp_path / ".homeport/cache").iterdir()
    stored = first.read_bytes()
    read_plain(tmp_path, f"# a comment, and other lines\n\n{TABLE}")
    assert [file.read_bytes() for file in (tmp_path / ".homeport/cache").iterdir()] == [stored]
    read_plain(tmp_path, TABLE.replace("T:", "U:"))
    assert len(list((tmp_path / ".homeport/cache").iterdir())) == 2


def test_cached_result_has_the_lines_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    assert read_plain(tmp_path, TABLE).place("Resources", "T") == "template.yaml:3"
    assert read_plain(tmp_path, f"# a comment\n\n{TABLE}").place("Resources", "T") == "template.yaml:5"


def test_damaged_cache_is_no_fault(tmp_path: Path) -> None:
    read_plain(tmp_path, TABLE)
    (file,) = (tmp_path / ".homeport/cache").iterdir()
    file.write_text("{")
    assert read_plain(tmp_path, TABLE).value("Resources", "T", "Type") == "AWS::DynamoDB::Table"


def test_cache_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    write_files(tmp_path, {".homeport": "a file where the folder would be"})
    assert read_plain(tmp_path, TABLE).value("Resources", "T", "Type") == "AWS::DynamoDB::Table"


def test_missing_translator_is_one_line_with_the_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "samtranslator", None)
    with pytest.raises(SetupError, match=r"^a SAM template needs aws-sam-translator \(pip install 'homeport"):
        read_plain(tmp_path, TABLE)


@pytest.mark.stack
def test_translator_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": TABLE})
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from homeport.project.cloudformation.template.template import read_template\n"
        "from homeport.project.cloudformation.template.transforms import apply_transforms\n"
        "from homeport.project.source.cursor import Diagnostics\n"
        "root, found = Path(sys.argv[1]), Diagnostics()\n"
        "document = apply_transforms(root, read_template(root, 'template.yaml', found), {}, 'eu-west-1', found)\n"
        "print(document.value['Resources']['T']['Type'], 'boto3' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("AWS::DynamoDB::Table False\n", "")


def test_function_of_a_loop_has_its_route(tmp_path: Path) -> None:
    template = """Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Fn::ForEach::Functions:
    - Name
    - [users, orders]
    - '${Name}Function':
        Type: AWS::Serverless::Function
        Properties:
          Handler: !Sub '${Name}.handler'
          Runtime: python3.12
          Events:
            Get: {Type: Api, Properties: {Path: !Sub '/${Name}', Method: get}}
"""
    plain = read_plain(tmp_path, template)
    paths = plain.value("Resources", "ServerlessRestApi", "Properties", "Body", "paths")
    assert set(paths) == {"/users", "/orders"}
    assert plain.value("Resources", "ordersFunction", "Properties", "Handler") == "orders.handler"
    assert plain.place("Resources", "usersFunction", "Properties", "Handler") == "template.yaml:9"
    assert plain.place("Resources", "ServerlessRestApi", "Properties", "Body", "paths", "/orders") == "template.yaml:12"
