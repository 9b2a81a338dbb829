"""Ref and Fn::GetAtt of each type give AWS's forms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from homeport.gateway.assembly import deployment_of
from homeport.project.model import Api, Stage
from tests.support.stacks import stack_of

ACCOUNT = "us-east-1:000000000000"
LAMBDA = f"arn:aws:lambda:{ACCOUNT}:function:app-Thing"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.mark.parametrize(
    ("type", "properties", "reference", "attributes"),
    [
        ("Lambda::Function", "{}", "app-Thing", {"Arn": LAMBDA}),
        ("Lambda::Function", "{FunctionName: f}", "f", {"Arn": f"arn:aws:lambda:{ACCOUNT}:function:f"}),
        ("Lambda::Alias", "{Name: live, FunctionName: f}", f"arn:aws:lambda:{ACCOUNT}:function:f:live", {}),
        (
            "Lambda::Alias",
            f"{{Name: live, FunctionName: '{LAMBDA}'}}",
            f"{LAMBDA}:live",
            {"AliasArn": f"{LAMBDA}:live"},
        ),
        ("Lambda::Version", "{FunctionName: f}", f"arn:aws:lambda:{ACCOUNT}:function:f:1", {"Version": "1"}),
        ("Lambda::LayerVersion", "{LayerName: l}", f"arn:aws:lambda:{ACCOUNT}:layer:l:1", {}),
        (
            "DynamoDB::Table",
            "{TableName: items}",
            "items",
            {
                "Arn": f"arn:aws:dynamodb:{ACCOUNT}:table/items",
                "StreamArn": f"arn:aws:dynamodb:{ACCOUNT}:table/items/stream/2020-01-01T00:00:00.000",
            },
        ),
        ("DynamoDB::GlobalTable", "{}", "app-Thing", {"Arn": f"arn:aws:dynamodb:{ACCOUNT}:table/app-Thing"}),
        (
            "SQS::Queue",
            "{FifoQueue: true}",
            "https://sqs.us-east-1.amazonaws.com/000000000000/app-Thing.fifo",
            {"Arn": f"arn:aws:sqs:{ACCOUNT}:app-Thing.fifo", "QueueName": "app-Thing.fifo"},
        ),
        ("SNS::Topic", "{TopicName: t}", f"arn:aws:sns:{ACCOUNT}:t", {"TopicName": "t"}),
        (
            "S3::Bucket",
            "{}",
            "app-thing",
            {
                "Arn": "arn:aws:s3:::app-thing",
                "DomainName": "app-thing.s3.amazonaws.com",
                "RegionalDomainName": "app-thing.s3.us-east-1.amazonaws.com",
            },
        ),
        ("IAM::Role", "{}", "app-Thing", {"Arn": "arn:aws:iam::000000000000:role/app-Thing"}),
        ("IAM::Role", "{RoleName: r, Path: /a/b/}", "r", {"Arn": "arn:aws:iam::000000000000:role/a/b/r"}),
        ("IAM::ManagedPolicy", "{}", "arn:aws:iam::000000000000:policy/app-Thing", {}),
        (
            "StepFunctions::StateMachine",
            "{}",
            f"arn:aws:states:{ACCOUNT}:stateMachine:app-Thing",
            {"Name": "app-Thing"},
        ),
        ("Events::EventBus", "{Name: bus}", "bus", {"Arn": f"arn:aws:events:{ACCOUNT}:event-bus/bus"}),
        ("Events::Rule", "{}", "app-Thing", {"Arn": f"arn:aws:events:{ACCOUNT}:rule/app-Thing"}),
        ("SSM::Parameter", "{Name: /a, Type: String, Value: b}", "/a", {"Type": "String", "Value": "b"}),
        ("Kinesis::Stream", "{}", "app-Thing", {"Arn": f"arn:aws:kinesis:{ACCOUNT}:stream/app-Thing"}),
        ("Logs::LogGroup", "{LogGroupName: /l}", "/l", {"Arn": f"arn:aws:logs:{ACCOUNT}:log-group:/l:*"}),
        ("ApiGateway::Stage", "{StageName: Prod}", "Prod", {}),
        ("ApiGatewayV2::Stage", "{StageName: $default}", "$default", {}),
        ("ECS::Cluster", "{ClusterName: c}", "c", {}),
    ],
)
def test_type_has_the_values_of_its_page(
    tmp_path: Path, type: str, properties: str, reference: str, attributes: dict[str, str]
) -> None:
    stack, problems = stack_of(tmp_path, f"Resources: {{Thing: {{Type: AWS::{type}, Properties: {properties}}}}}")
    found = stack.resources["Thing"]
    assert problems == []
    assert found.physical_id == reference
    assert attributes.items() <= found.attributes.items()


@pytest.mark.parametrize(
    ("type", "reference", "attribute", "value"),
    [
        ("ApiGateway::RestApi", "[a-z0-9]{10}", "RootResourceId", "[a-z0-9]{10}"),
        ("ApiGateway::Resource", "[a-z0-9]{6}", "ResourceId", "[a-z0-9]{6}"),
        (
            "ApiGatewayV2::Api",
            "[a-z0-9]{10}",
            "ApiEndpoint",
            r"https://[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com",
        ),
        (
            "Cognito::UserPool",
            "us-east-1_[a-z0-9]{9}",
            "Arn",
            f"arn:aws:cognito-idp:{ACCOUNT}:userpool/us-east-1_.{{9}}",
        ),
        (
            "Cognito::UserPool",
            "us-east-1_[a-z0-9]{9}",
            "ProviderURL",
            r"https://cognito-idp\.us-east-1\.amazonaws\.com/us-.*",
        ),
        ("Cognito::UserPoolClient", "[a-z0-9]{26}", "ClientId", "[a-z0-9]{26}"),
        ("KMS::Key", UUID, "Arn", f"arn:aws:kms:{ACCOUNT}:key/{UUID}"),
        ("SecretsManager::Secret", f"arn:aws:secretsmanager:{ACCOUNT}:secret:app-Thing-[a-z0-9]{{6}}", "Id", "arn:.*"),
        ("CloudFront::Distribution", "E[A-Z0-9]{13}", "DomainName", r"d[a-z0-9]{13}\.cloudfront\.net"),
        ("EC2::SecurityGroup", "sg-[0-9a-f]{17}", "GroupId", "sg-[0-9a-f]{17}"),
    ],
)
def test_id_has_the_form_of_its_service(tmp_path: Path, type: str, reference: str, attribute: str, value: str) -> None:
    stack, problems = stack_of(tmp_path, f"Resources: {{Thing: {{Type: AWS::{type}}}}}")
    found = stack.resources["Thing"]
    assert problems == []
    assert re.fullmatch(reference, found.physical_id)
    assert re.fullmatch(value, found.attributes[attribute])


@pytest.mark.parametrize("type", ["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"])
def test_id_of_an_api_is_that_of_its_events(tmp_path: Path, type: str) -> None:
    stack, _ = stack_of(tmp_path, f"Resources: {{Items: {{Type: {type}}}}}")
    api = Api("A title", "1", (), {}, name="Items")
    stage = Stage("local", "$default", "http", "2.0", stack.region, stack.name)
    assert deployment_of(api, stage).api_id == stack.resources["Items"].physical_id


def test_long_name_of_a_function_is_cut_as_elsewhere(tmp_path: Path) -> None:
    logical_id = "Function" * 9
    stack, _ = stack_of(tmp_path, f"Resources: {{{logical_id}: {{Type: AWS::Lambda::Function}}}}")
    stage = Stage("local", "$default", "http", "2.0", stack.region, stack.name)
    assert stack.resources[logical_id].physical_id == stage.function_name(logical_id)


def test_resource_is_found_by_its_arn_or_that_of_an_alias(tmp_path: Path) -> None:
    resources = "Alias: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Thing}}"
    stack, _ = stack_of(tmp_path, f"Resources:\n  {resources}\n  Thing: {{Type: AWS::Lambda::Function}}")
    thing = stack.resources["Thing"]
    assert stack.by_arn(LAMBDA) is thing
    assert stack.by_arn(stack.resources["Alias"].physical_id) is thing
    assert stack.by_arn(f"{LAMBDA}2") is None


def test_attribute_that_only_aws_knows_is_noted_with_its_place(tmp_path: Path) -> None:
    text = """\
Resources:
  Custom: {Type: Custom::Thing}
  Load: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Thing:
    Type: AWS::Lambda::Function
    Properties:
      Handler: !GetAtt Custom.Handler
      Environment:
        Variables:
          URL: !Sub http://${Load.DNSName}/
          OTHER: !Join ["", [a, !GetAtt Custom.Other]]
          KNOWN: !Ref Load
      Layers:
        - !Ref AWS::NoValue
        - !If [Yes, !GetAtt Custom.LayerArn, b]
Conditions: {"Yes": !Equals [a, a]}
"""
    stack, problems = stack_of(tmp_path, text.replace("[Yes", '["Yes"'))
    found = stack.resources["Thing"]
    variables = ("Environment", "Variables")
    assert problems == []
    assert found.unknown == {("Handler",), (*variables, "URL"), (*variables, "OTHER"), ("Layers", "0")}
    assert found.properties.value["Environment"]["Variables"] == {
        "URL": "http://app-Load-DNSName/",
        "OTHER": "aapp-Custom-Other",
        "KNOWN": f"arn:aws:elasticloadbalancing:{ACCOUNT}:loadbalancer/app-Load",
    }
