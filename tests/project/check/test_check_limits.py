"""Rules for sizes, and for what is deployed without being emulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.gateway.errors import GatewayResponseType
from homeport.gateway.rest_api.gateway_responses import response_type
from homeport.project.check import check_project
from homeport.project.check.limits import count_resources
from homeport.project.features import words
from homeport.project.openapi.extension_keys import RESPONSE_TYPES
from tests.support.resource_schemas import region_names
from tests.support.spec import acts, check_problems, document, load, operation, report, write_document, write_project


def test_a_stack_that_is_too_large_is_an_error_with_a_hint_to_group(tmp_path: Path) -> None:
    paths = acts(*(f"/p{number}" for number in range(90)))
    assert report(tmp_path, document(paths)) == [
        "error: the stack would hold 543 resources, more than CloudFormation's 500 "
        "(group operations with x-homeport: {function: NAME}: there are 90 functions)"
    ]
    for item in paths.values():
        item["get"]["x-homeport"]["function"] = "all"
    assert report(tmp_path, document(paths)) == []


def test_resources_are_counted_for_both_flavors(tmp_path: Path) -> None:
    root = write_project(tmp_path, stages="stages: {rest: {flavor: rest}}")
    assert count_resources(load(root)) == 3 * 4 + 3 + 3 + 3 + 1
    assert count_resources(load(root, "rest")) == 3 * 4 + 5 + 2 + 1


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (
            "AWS::DAX::Cluster",
            "warning: More (AWS::DAX::Cluster) is deployed, but not emulated (locally, functions must do without it)",
        ),
        (
            "AWS::DynamoDB::GlobalTable",
            "error: AWS::DynamoDB::GlobalTable: global tables are not emulated (use AWS::DynamoDB::Table)",
        ),
        (
            "AWS::ApiGatewayV2::VpcLink",
            "error: AWS::ApiGatewayV2::VpcLink: VPC links are not emulated (remove it)",
        ),
        (
            "AWS::ApiGateway::Account",
            "warning: More (AWS::ApiGateway::Account) is deployed, but not emulated "
            "(locally, functions must do without it)",
        ),
        ("AWS::WAFv2::WebACL", "error: AWS::WAFv2::WebACL: AWS WAF is not emulated (keep it in a stack of its own)"),
    ],
)
def test_resources_other_than_tables_are_named(tmp_path: Path, kind: str, line: str) -> None:
    root = write_document(tmp_path, document({"/a": {"get": operation()}}))
    (root / "deploy/resources.yaml").write_text(f"Resources:\n  More:\n    Type: {kind}\n")
    assert [str(problem) for problem in check_problems(root)] == [f"deploy/resources.yaml:3: {line}"]


CONDITION = {"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:RequestedRegion": {"Ref": "AWS::Region"}}}


def test_permissions_on_other_services_are_named(tmp_path: Path) -> None:
    policies = [
        {"Effect": "Allow", "Action": ["textract:GetDocumentAnalysis", "athena:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "sqs:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*", "Condition": CONDITION},
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": {"Fn::ImportValue": "Shared"}},
    ]
    assert report(tmp_path, document({"/a": {"get": operation(**{"x-homeport": {"policies": policies}})}})) == [
        "warning: textract:GetDocumentAnalysis, athena:* of act is deployed, but the service is not emulated "
        "(expect no answer here)",
        "warning: the condition on aws:SourceVpc in policies of act is deployed, but can't be evaluated here "
        "(here the statement does not allow what it is about)",
        "warning: a Resource that only AWS knows in policies of act is deployed, but can't be evaluated here "
        "(here the statement denies what it is about)",
    ]


def test_websocket_apis_are_an_error(tmp_path: Path) -> None:
    spec = document({"/a": {"get": operation()}}, servers=[{"url": "wss://a.example"}])
    assert report(tmp_path, spec) == ["error: WebSocket APIs are not emulated (describe an HTTP or REST API)"]


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        ("environment: {DB_PASSWORD: plain}", "dev", "DB_PASSWORD looks like a secret and is written out"),
        ("environment: {DB_PASSWORD: plain}", "local", None),
        ("environment: {DB_PASSWORD: '${PASS}'}", "dev", None),
        ("environment: {DB_PASSWORD: '{{resolve:ssm:/p}}'}", "dev", None),
        (
            "environment: {DB_PASSWORD: '{{resolve:ssm:/p}}'}",
            "local",
            "DB_PASSWORD refers to a parameter of AWS, which is not looked up here: it stays as it is written",
        ),
        ("environment: {TOKEN_ISSUER: me}", "dev", None),
        ("environment: {THINGS_TABLE: x}", "dev", "THINGS_TABLE is the variable that names the table ThingsTable"),
        ("variables: {greeting: 'Hi<'}", "dev", "API Gateway refuses the value of the stage variable 'greeting'"),
        ("{snapStart: true, runtime: python3.11}", "dev", "SnapStart does not support python3.11"),
        (
            "accessLog: {format: $context.requestIdd}",
            "dev",
            "an access log of this kind of API has no $context.requestIdd",
        ),
        (f"stackName: {'s' * 60}", "dev", None),
    ],
)
def test_settings_of_a_stage_that_would_not_work_are_errors(
    tmp_path: Path, settings: str, key: str, message: str | None
) -> None:
    root = write_project(tmp_path, stages=f"stages:\n  {key}:\n    {settings}\n")
    found = check_project(load(root, key, {"PASS": "hush"}))
    assert [problem.message for problem in found][:1] == ([] if message is None else [message])


@pytest.mark.parametrize("key", ["local", "dev"])
def test_a_log_variable_that_is_not_emulated_is_a_warning_in_every_stage(tmp_path: Path, key: str) -> None:
    settings = "accessLog: {format: $context.requestId $context.identity.principalOrgId}"
    root = write_project(tmp_path, stages=f"stages:\n  {key}:\n    {settings}\n")
    [problem] = check_project(load(root, key))
    assert problem.severity == "warning"
    assert problem.message == "$context.identity.principalOrgId is always - here: AWS Organizations is not emulated"


CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


def domain_problems(root: Path, stage: str = "dev", **settings: str) -> list[str]:
    """Return the errors of a stage's domain, or in the stage local the warnings."""
    domain = {"name": "api.example.com", "certificateArn": CERTIFICATE, **settings}
    root = write_document(
        root, document({"/a": {"get": operation()}}), stages=f"stages: {{{stage}: {{domain: {domain}}}}}"
    )
    severity = "warning" if stage == "local" else "error"
    problems = [problem for problem in check_problems(root, stage) if "has no DNS" not in problem.message]
    assert all(problem.severity == severity for problem in problems)
    return [problem.message for problem in problems]


@pytest.mark.parametrize(
    "name",
    [
        *("API.example.com", "example", "-a.example.com", "a..com", "a_b.example.com", "https://a.example"),
        *("10.0.0.1", "a.example.com/", "/a.example.com"),
    ],
)
def test_impossible_domain_name_is_an_error(name: str, tmp_path: Path) -> None:
    assert domain_problems(tmp_path, name=name) == [f"{name!r} is no domain name"]


@pytest.mark.parametrize("name", ["api.example.com", "*.example.com", "a-1.b.example.org", "{{resolve:ssm:/domain}}"])
def test_possible_domain_name_passes(name: str, tmp_path: Path) -> None:
    assert domain_problems(tmp_path, name=name) == []


@pytest.mark.parametrize(
    "arn", ["b", "arn:aws:iam::123456789012:server-certificate/a", CERTIFICATE.replace("123456789012", "1")]
)
def test_certificate_that_is_none_of_acm_is_an_error(arn: str, tmp_path: Path) -> None:
    assert domain_problems(tmp_path, certificateArn=arn) == [f"{arn!r} is no certificate of ACM"]


def test_certificate_of_another_region_is_an_error(tmp_path: Path) -> None:
    arn = CERTIFICATE.replace("us-east-1", "eu-west-1")
    message = "the certificate is in eu-west-1, and the stage in us-east-1"
    assert domain_problems(tmp_path, certificateArn=arn) == [message]


@pytest.mark.parametrize("path", ["a b", "a//b", "a?b", "{x}", "a" * 301])
def test_impossible_base_path_is_an_error(path: str, tmp_path: Path) -> None:
    assert domain_problems(tmp_path, basePath=path) == [f"{path!r} is no base path"]


def test_slashes_around_a_base_path_are_left_out(tmp_path: Path) -> None:
    assert domain_problems(tmp_path, basePath="/shop/v1/", hostedZoneId="Z2FDTNDATAQYW2") == []


@pytest.mark.parametrize("zone", ["example.com.", "/Z2FDTNDATAQYW2"])
def test_hosted_zone_is_an_id(zone: str, tmp_path: Path) -> None:
    assert domain_problems(tmp_path, hostedZoneId=zone) == [f"{zone!r} is no hosted zone"]


def test_domain_of_the_local_stage_is_never_refused(tmp_path: Path) -> None:
    assert domain_problems(tmp_path, "local", name="LOCALHOST") == ["'LOCALHOST' is no domain name"]


def test_domain_is_named_with_what_leads_to_it_here(tmp_path: Path) -> None:
    domain = {"name": "api.example.com", "certificateArn": CERTIFICATE, "basePath": "shop/v1"}
    stages = f"stages:\n  local:\n    domain: {domain}\n"
    root = write_document(tmp_path, document({"/a": {"get": operation()}}), stages=stages)
    assert [str(problem) for problem in check_problems(root)] == [
        "deploy/stages.yaml:3: warning: the domain has no DNS here "
        "(the header Host with its name and paths below /shop/v1 lead to it; "
        "homeport dev --tls has a certificate for it)"
    ]


def test_domain_that_leads_to_this_machine_is_no_problem(tmp_path: Path) -> None:
    stages = "stages:\n  local:\n    domain: {name: api.localhost, basePath: v1}\n"
    root = write_document(tmp_path, document({"/a": {"get": operation()}}), stages=stages)
    assert check_problems(root) == []


@pytest.mark.parametrize(("stage", "severity"), [("local", "warning"), ("dev", "error")])
def test_empty_stage_variable_is_refused_by_api_gateway(stage: str, severity: str, tmp_path: Path) -> None:
    stages = f"stages:\n  {stage}:\n    variables:\n      colour: ''\n"
    root = write_document(tmp_path, document({"/a": {"get": operation()}}), stages=stages)
    assert [str(problem) for problem in check_problems(root, stage)] == [
        f"deploy/stages.yaml:4: {severity}: API Gateway refuses the empty value of the stage variable 'colour' "
        "(use letters, digits and -._~:/?#&=, or move it to environment)"
    ]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [("snapStart", "no snapshot is taken here"), ("tracing", "no trace is sent to X-Ray here")],
)
def test_setting_of_the_deployed_functions_alone_is_named(setting: str, reason: str, tmp_path: Path) -> None:
    def messages(value: str) -> list[str]:
        stages = f"stages: {{local: {{{setting}: {value}}}}}"
        root = write_document(tmp_path, document({"/a": {"get": operation()}}), stages=stages)
        return [problem.message for problem in check_problems(root)]

    assert messages("true") == [f"{setting} is deployed, but not emulated: {reason}"]
    assert messages("false") == []


NEVER_SENT = ["EXPIRED_TOKEN", "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "WAF_FILTERED"]


@pytest.mark.parametrize("kind", NEVER_SENT)
def test_gateway_response_that_is_never_sent_here_is_named(kind: str, tmp_path: Path) -> None:
    spec = document({"/a": {"get": operation()}}, **{"x-amazon-apigateway-gateway-responses": {kind: {}}})
    problems = report(tmp_path, spec, "rest")
    assert len(problems) == 1
    assert problems[0].startswith(f"warning: the gateway response {kind} is never sent here: ")


def test_every_other_gateway_response_is_sent_here() -> None:
    sent = {response_type(kind) for kind in GatewayResponseType} | {"DEFAULT_4XX", "DEFAULT_5XX"}
    assert sorted(set(RESPONSE_TYPES) - sent) == NEVER_SENT


def test_every_region_of_the_schemas_is_known() -> None:
    assert set(region_names()) - set(words("regions")) == set()


@pytest.mark.parametrize(("region", "hint"), [("eu-middle-1", "did you mean"), ("eu-west-1", None)])
def test_region_that_there_is_none_of_is_named(region: str, hint: str | None, tmp_path: Path) -> None:
    root = write_document(
        tmp_path, document({"/a": {"get": operation()}}), stages=f"stages: {{local: {{region: {region}}}}}"
    )
    problems = check_problems(root)
    assert [problem.message for problem in problems] == (
        [f"{region!r} is no region that the kit knows"] if hint is not None else []
    )
    assert all(str(hint) in problem.hint for problem in problems)
