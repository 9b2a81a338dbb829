"""The stages of a template's REST APIs: settings, limits, usage plans, API keys, domains."""

from __future__ import annotations

from pathlib import Path

from homeport.project.check import check_project
from homeport.project.integrations import LambdaProxy
from homeport.project.model import ApiKey, Quota, Throttle, UsagePlan
from tests.support.rest_templates import DEPLOYED, PROXY_BODY, URI, one_route, with_body
from tests.support.templates import read_template_text


def test_a_stage_has_its_variables_limits_and_log(tmp_path: Path) -> None:
    stage = """\
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      StageName: live
      TracingEnabled: "true"
      Variables: {size: 3, fn: !Ref Fn}
      AccessLogSetting: {Format: "$context.requestId", DestinationArn: "arn:aws:logs:us-east-1:1:log-group:x"}
      MethodSettings:
        - {ResourcePath: "/*", HttpMethod: "*", ThrottlingRateLimit: "20", ThrottlingBurstLimit: 10}
        - {ResourcePath: /~1a, HttpMethod: GET, ThrottlingRateLimit: 2.5}
"""
    uri = URI.replace("${Fn.Arn}", "arn:aws:lambda:us-east-1:000000000000:function:${!stageVariables.fn}")
    body = one_route({**PROXY_BODY, "uri": {"Fn::Sub": uri}})
    found = read_template_text(tmp_path, with_body(body).replace(DEPLOYED, stage))
    project = found.project
    assert project.stage.stage_name == "live"
    assert project.stage.base_path == "/live"
    assert project.stage.tracing
    assert project.stage.throttle == Throttle(20, 10)
    assert project.stage.access_log == {"format": "$context.requestId"}
    assert project.stage.variables["size"] == "3"
    assert found.operation("GET /a").throttle == Throttle(2.5, 5000)
    assert found.operation("GET /a").integration == LambdaProxy("Fn")


def test_the_first_of_several_stages_is_served_and_the_others_are_named(tmp_path: Path) -> None:
    other = "  Old: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, StageName: old}}\n"
    found = read_template_text(tmp_path, with_body(one_route(PROXY_BODY)) + other)
    assert found.project.stage.stage_name == "live"
    assert "the stage old of Api is not served: live is" in found.warnings


def test_a_deployment_makes_a_stage(tmp_path: Path) -> None:
    deployment = """\
  Deployment:
    Type: AWS::ApiGateway::Deployment
    Properties:
      RestApiId: !Ref Api
      StageName: prod
      StageDescription: {ThrottlingRateLimit: 7, ThrottlingBurstLimit: 3}
"""
    stage = read_template_text(tmp_path, with_body(one_route(PROXY_BODY)).replace(DEPLOYED, deployment)).project.stage
    assert (stage.stage_name, stage.throttle) == ("prod", Throttle(7, 3))


def test_an_api_without_a_stage_is_named(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, with_body(one_route(PROXY_BODY)).replace(DEPLOYED, ""))
    assert "the API Api has no stage, and so no URL on AWS" in found.warnings


KEYS = """\
  Partner: {Type: AWS::ApiGateway::ApiKey, Properties: {Name: partner, Value: partner-0123456789, Enabled: "true"}}
  Made: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true}}
  Off: {Type: AWS::ApiGateway::ApiKey, Properties: {Value: off-0123456789abcdefghij, Enabled: false}}
  Loose: {Type: AWS::ApiGateway::ApiKey, Properties: {Value: loose-0123456789abcdef}}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      UsagePlanName: basic
      ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}]
      Throttle: {RateLimit: 5, BurstLimit: 2}
      Quota: {Limit: "100", Period: DAY}
  OtherPlan: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [{ApiId: x1, Stage: live}]}}
  PartnerLink:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Partner, KeyType: API_KEY, UsagePlanId: !Ref Plan}
  MadeLink:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Made, KeyType: API_KEY, UsagePlanId: !Ref Plan}
  OffLink:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Off, KeyType: API_KEY, UsagePlanId: !Ref Plan}
  LooseLink:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Loose, KeyType: API_KEY, UsagePlanId: !Ref OtherPlan}
"""


def test_a_usage_plan_has_its_keys_and_one_without_a_value_gets_a_lasting_one(tmp_path: Path) -> None:
    text = with_body(one_route(PROXY_BODY)) + KEYS
    stage = read_template_text(tmp_path, text).project.stage
    assert stage.usage_plans == {"basic": UsagePlan("basic", Throttle(5, 2), Quota(100, "DAY"))}
    assert stage.api_keys["partner"] == ApiKey("partner", "partner-0123456789", True, "basic")
    assert not stage.api_keys["Off"].enabled
    assert "Loose" not in stage.api_keys
    made = stage.api_keys["Made"]
    assert made.generated and len(made.value) == 40
    assert read_template_text(tmp_path, text).project.stage.api_keys["Made"] == made


def test_an_api_key_of_a_parameter_with_no_echo_is_a_secret(tmp_path: Path) -> None:
    text = with_body(one_route(PROXY_BODY)) + KEYS.replace("Value: partner-0123456789", "Value: !Ref PartnerKey")
    parameter = "Parameters: {PartnerKey: {Type: String, NoEcho: true, Default: partner-0123456789}}\n"
    stage = read_template_text(tmp_path, parameter + text).project.stage
    assert stage.secrets == {"apiKeys.partner.value"}


def test_nobody_can_call_a_method_that_needs_a_key_where_there_is_none(tmp_path: Path) -> None:
    scheme = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    body = {**one_route(PROXY_BODY, security=[{"api_key": []}]), "components": {"securitySchemes": scheme}}
    project = read_template_text(tmp_path, with_body(body)).project
    (problem,) = check_project(project)
    assert problem.severity == "warning" and "so nobody can call GET /a" in problem.message


def test_a_custom_domain_leads_to_the_stage(tmp_path: Path) -> None:
    mapping = """\
  Domain: {Type: AWS::ApiGateway::DomainName, Properties: {DomainName: api.example.com}}
  Mapping:
    Type: AWS::ApiGateway::BasePathMapping
    Properties: {DomainName: !Ref Domain, RestApiId: !Ref Api, Stage: !Ref Stage, BasePath: shop}
"""
    stage = read_template_text(tmp_path, with_body(one_route(PROXY_BODY)) + mapping).project.stage
    assert stage.domain == {"name": "api.example.com", "basePath": "shop"}


def test_a_key_of_a_stage_that_is_in_no_usage_plan_is_named(tmp_path: Path) -> None:
    key = """\
  Key:
    Type: AWS::ApiGateway::ApiKey
    Properties: {Enabled: true, StageKeys: [{RestApiId: !Ref Api, StageName: !Ref Stage}]}
"""
    found = read_template_text(tmp_path, with_body(one_route(PROXY_BODY)) + key)
    assert "the API key Key is in no usage plan, so nobody can call with it" in found.warnings
    assert not found.project.stage.api_keys
