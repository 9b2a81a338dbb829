"""HTTP APIs in the template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from tests.support.template import FEATURES, made, project_of, route


def resources_of(root: Path, feature: str) -> dict[str, Any]:
    return dict(build_template(project_of(root / "project", FEATURES[feature]))["Resources"])


def test_an_api_has_its_cors_configuration(tmp_path: Path) -> None:
    assert resources_of(tmp_path, "http cors")["Api"] == {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {
            "Name": {"Ref": "AWS::StackName"},
            "Description": "Made 1.0.0",
            "ProtocolType": "HTTP",
            "CorsConfiguration": {
                "AllowOrigins": ["https://a.example.com", "https://b.example.com"],
                "AllowMethods": ["GET", "POST"],
                "AllowHeaders": ["content-type"],
                "ExposeHeaders": ["x-total"],
                "MaxAge": 600,
                "AllowCredentials": True,
            },
        },
    }


def test_each_operation_is_a_route(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, "proxy and default")
    routes = {it["Properties"]["RouteKey"] for it in resources.values() if it["Type"] == "AWS::ApiGatewayV2::Route"}
    assert routes == {"ANY /{proxy+}", "$default", "GET /"}
    assert resources["Route1Route"] == {
        "Type": "AWS::ApiGatewayV2::Route",
        "DependsOn": ["Route1Permission"],
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteKey": "$default",
            "Target": {"Fn::Sub": "integrations/${Route1Integration}"},
        },
    }


def test_a_group_shares_an_integration_where_the_gateway_waits_equally_long(tmp_path: Path) -> None:
    slow: dict[str, Any] = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "timeoutInMillis": 2500}}
    group = {"function": "all"}
    project = made(route(ours=group), route("PUT", ours=group), route("DELETE", ours=group, **slow))
    resources = build_template(project_of(tmp_path / "project", project))["Resources"]
    common = {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": {"Fn::GetAtt": ["AllFunction", "Arn"]},
        "PayloadFormatVersion": "2.0",
    }
    assert {name: it["Properties"] for name, it in resources.items() if it["Type"].endswith("::Integration")} == {
        "AllIntegration": common,
        "AllIn2500MsIntegration": {**common, "TimeoutInMillis": 2500},
    }


def test_an_http_proxy_has_its_url_and_mappings(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, "http backends")
    assert resources["Route0RouteTarget"] == {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "PayloadFormatVersion": "1.0",
            "TimeoutInMillis": 5000,
            "RequestParameters": {"append:header.x-call": "$context.requestId", "remove:querystring.debug": "''"},
            "ResponseParameters": {
                "500": {
                    "ResponseParameters": [
                        {"Destination": "overwrite:statuscode", "Source": "503"},
                        {"Destination": "append:header.x-shop", "Source": "down"},
                    ]
                }
            },
            "IntegrationType": "HTTP_PROXY",
            "IntegrationUri": "https://${stageVariables.shop}/v1/{proxy}",
            "IntegrationMethod": "ANY",
        },
    }
    assert resources["Route0Route"]["Properties"]["Target"] == {"Fn::Sub": "integrations/${Route0RouteTarget}"}
    assert "DependsOn" not in resources["Route0Route"]


def test_a_service_integration_has_its_action_and_role(tmp_path: Path) -> None:
    assert resources_of(tmp_path, "http backends")["Route1RouteTarget"]["Properties"] == {
        "ApiId": {"Ref": "Api"},
        "PayloadFormatVersion": "1.0",
        "RequestParameters": {"QueueUrl": {"Ref": "Orders"}, "MessageBody": "$request.body"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": "SQS-SendMessage",
        "CredentialsArn": {"Fn::GetAtt": ["Sender", "Arn"]},
    }


def test_operations_with_a_backend_of_their_own_have_no_function(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, "http backends")
    assert [name for name, it in resources.items() if it["Type"] == "AWS::Lambda::Function"] == ["Route2Function"]
    mapped = next(it for name, it in resources.items() if name.startswith("Route2By"))
    assert mapped["Properties"]["RequestParameters"] == {"overwrite:header.x-path": "$request.path"}


def test_a_stage_has_its_throttles_variables_and_log(tmp_path: Path) -> None:
    assert resources_of(tmp_path, "settings")["ApiStage"] == {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "StageName": "$default",
            "AutoDeploy": True,
            "AccessLogSettings": {
                "DestinationArn": {"Fn::GetAtt": ["AccessLogGroup", "Arn"]},
                "Format": '{"id": "$context.requestId"}',
            },
            "DefaultRouteSettings": {"ThrottlingRateLimit": 10000, "ThrottlingBurstLimit": 5000},
            "RouteSettings": {"GET /things/{id}": {"ThrottlingRateLimit": 0.5, "ThrottlingBurstLimit": 1}},
            "StageVariables": {"colour": "blue"},
        },
        "DependsOn": ["Route0Route"],
    }


@pytest.mark.parametrize("feature", ["settings", "rest settings"])
def test_the_access_log_has_a_retention_of_its_own(tmp_path: Path, feature: str) -> None:
    group = resources_of(tmp_path, feature)["AccessLogGroup"]["Properties"]
    assert group == {
        "LogGroupName": {"Fn::Sub": "/aws/vendedlogs/apigateway/${AWS::StackName}"},
        "RetentionInDays": 30 if feature == "settings" else 14,
    }


@pytest.mark.parametrize(
    ("feature", "settings"),
    [
        (
            "simple authorizer",
            {
                "IdentitySource": ["$request.header.Authorization"],
                "AuthorizerPayloadFormatVersion": "2.0",
                "AuthorizerResultTtlInSeconds": 300,
                "EnableSimpleResponses": True,
            },
        ),
        (
            "policy authorizer without cache",
            {
                "IdentitySource": ["$request.header.Authorization"],
                "AuthorizerPayloadFormatVersion": "1.0",
                "AuthorizerResultTtlInSeconds": 0,
                "EnableSimpleResponses": False,
            },
        ),
    ],
)
def test_a_lambda_authorizer_is_asked_as_the_spec_says(tmp_path: Path, feature: str, settings: dict[str, Any]) -> None:
    resources = resources_of(tmp_path, feature)
    lambda_uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    assert resources["AskedAuthorizer"]["Properties"] == {
        "ApiId": {"Ref": "Api"},
        "Name": "asked",
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": {"Fn::Sub": f"{lambda_uri}/${{AskedFunction.Arn}}/invocations"},
        **settings,
    }
    route = resources["Route0Route"]["Properties"]
    assert (route["AuthorizationType"], route["AuthorizerId"]) == ("CUSTOM", {"Ref": "AskedAuthorizer"})


def test_a_route_asks_for_its_scopes(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, "jwt")
    assert resources["Route0Route"]["Properties"]["AuthorizationScopes"] == ["read"]
    assert "AuthorizationType" not in resources["Route1Route"]["Properties"]


def test_alarms_tell_a_topic(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, "http alarms")
    alarms = {name: it["Properties"] for name, it in resources.items() if it["Type"] == "AWS::CloudWatch::Alarm"}
    assert set(alarms) == {
        "ApiErrorsAlarm",
        "ApiLatencyAlarm",
        "FunctionErrorsAlarm",
        "FunctionErrorsAlarm2",
        "FunctionThrottledAlarm",
        "FunctionThrottledAlarm2",
        "ThingsTableThrottlesAlarm",
    }
    topic = ["arn:aws:sns:us-east-1:123456789012:alarms"]
    assert all(alarm["AlarmActions"] == alarm["OKActions"] == topic for alarm in alarms.values())
    assert alarms["ApiLatencyAlarm"] == {
        "AlarmDescription": "The slowest hundredth of the requests takes longer than 800 ms",
        "MetricName": "Latency",
        "Namespace": "AWS/ApiGateway",
        "Dimensions": [{"Name": "ApiId", "Value": {"Ref": "Api"}}, {"Name": "Stage", "Value": "$default"}],
        "Period": 300,
        "ExtendedStatistic": "p99",
        "Threshold": 800,
        "EvaluationPeriods": 3,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": topic,
        "OKActions": topic,
    }
    measured = [it for it in alarms["ThingsTableThrottlesAlarm"]["Metrics"] if not it["ReturnData"]]
    assert len(measured) == 4
    assert alarms["ThingsTableThrottlesAlarm"]["Metrics"][-1]["Expression"] == (
        "FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0) + FILL(m4, 0)"
    )


def test_a_topic_that_is_none_is_an_error_at_its_line(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", made(stage={"alarms": {"topic": "Nobody"}}))
    with pytest.raises(Exception, match=r"deploy/stages.yaml:\d+: error: 'Nobody' is no topic"):
        build_template(project)


def test_a_domain_leads_to_the_stage(tmp_path: Path) -> None:
    template = build_template(project_of(tmp_path / "project", FEATURES["http domain"]))
    assert template["Resources"]["ApiDomainMapping"]["Properties"] == {
        "ApiId": {"Ref": "Api"},
        "DomainName": {"Ref": "ApiDomain"},
        "Stage": {"Ref": "ApiStage"},
        "ApiMappingKey": "v1/things",
    }
    assert template["Outputs"]["DomainUrl"]["Value"] == {"Fn::Sub": "https://${ApiDomain}/v1/things"}
    assert "ApiDomainRecord" not in template["Resources"]


def test_a_zone_gets_the_domains_record(tmp_path: Path) -> None:
    record = resources_of(tmp_path, "rest domain with record")["ApiDomainRecord"]
    assert record["Properties"] == {
        "HostedZoneId": "Z2FDTNDATAQYW2",
        "Name": "api.example.com",
        "Type": "A",
        "AliasTarget": {
            "DNSName": {"Fn::GetAtt": ["ApiDomain", "RegionalDomainName"]},
            "HostedZoneId": {"Fn::GetAtt": ["ApiDomain", "RegionalHostedZoneId"]},
        },
    }


def test_a_named_stage_is_in_the_url(tmp_path: Path) -> None:
    template = build_template(project_of(tmp_path / "project", FEATURES["payload 1.0"]))
    assert template["Outputs"]["ApiUrl"]["Value"] == {
        "Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1"
    }
    assert template["Resources"]["Route0Integration"]["Properties"]["PayloadFormatVersion"] == "1.0"
