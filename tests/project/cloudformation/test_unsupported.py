"""Resources of templates that are not emulated: named once a type, with the functions that do without them."""

from __future__ import annotations

from pathlib import Path

from homeport.project.features import find_resource_type, template_types
from tests.support.resource_schemas import resource_type_names
from tests.support.templates import read_template_text

ROLE = "Role: arn:aws:iam::111122223333:role/ours"


def function(name: str, more: str = "MemorySize: 128") -> str:
    properties = f"{{Code: ./src, Handler: app.handler, Runtime: python3.13, {ROLE}, {more}}}"
    return f"  {name}: {{Type: AWS::Lambda::Function, Properties: {properties}}}\n"


def warnings(folder: Path, *resources: str) -> list[str]:
    """Return the warnings about a template with these resources, each with its line and hint, but that of the role."""
    found = read_template_text(folder, "Resources:\n" + "".join(resources))
    return [str(problem) for problem in found.problems if "111122223333:role" not in problem.message]


DELIVERY = "  Orders: {Type: AWS::KinesisFirehose::DeliveryStream}\n"


def test_functions_that_refer_to_a_resource_are_named_with_it(tmp_path: Path) -> None:
    by_url = function("Sender", "Environment: {Variables: {QUEUE: !Ref Orders}}")
    by_arn = function("Mailer", "Environment: {Variables: {QUEUE: !GetAtt Orders.Arn}}")
    assert warnings(tmp_path, by_url, by_arn, function("Alone"), DELIVERY) == [
        "template.yaml:5: warning: AWS::KinesisFirehose::DeliveryStream is not emulated: Orders; Sender, Mailer "
        "refer to it and can't call it here"
    ]


def test_resource_that_is_made_in_a_service_is_not_named(tmp_path: Path) -> None:
    sender = function("Sender", "Environment: {Variables: {QUEUE: !Ref Orders}}")
    assert warnings(tmp_path, sender, "  Orders: {Type: AWS::SQS::Queue}\n") == []


def test_functions_that_name_a_resource_in_their_policies_are_its_users(tmp_path: Path) -> None:
    statement = "{Effect: Allow, Action: 'ecr:PutImage', Resource: !GetAtt Photos.Arn}"
    policies = f"Policies: [{{PolicyName: p, PolicyDocument: {{Statement: [{statement}]}}}}]"
    role = f"  Rights: {{Type: AWS::IAM::Role, Properties: {{{policies}}}}}\n"
    uses = function("Upload").replace("arn:aws:iam::111122223333:role/ours", "!GetAtt Rights.Arn")
    [message] = warnings(tmp_path, "  Photos: {Type: AWS::ECR::Repository}\n", role, uses)
    assert "AWS::ECR::Repository is not emulated: Photos; Upload refers to it" in message


def test_name_inside_of_a_longer_one_is_no_reference(tmp_path: Path) -> None:
    queue = "  Orders: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {DeliveryStreamName: work}}\n"
    uses = function("Act", "Environment: {Variables: {TEXT: workshop, OTHER: net-work}}")
    assert not any("Act refers" in message for message in warnings(tmp_path, uses, queue))


def test_resource_that_would_start_a_function_says_how_to_start_it_here(tmp_path: Path) -> None:
    payload = "{Sql: SELECT * FROM orders, Actions: [{Lambda: {FunctionArn: !GetAtt Work.Arn}}]}"
    source = f"  FromOrders: {{Type: AWS::IoT::TopicRule, Properties: {{TopicRulePayload: {payload}}}}}\n"
    assert warnings(tmp_path, function("Work"), source, DELIVERY)[:1] == [
        "template.yaml:3: warning: AWS::IoT::TopicRule is not emulated: FromOrders; it would invoke Work on AWS "
        "(homeport invoke Work --event FILE does it here)",
    ]


def test_log_group_of_a_function_does_not_start_it(tmp_path: Path) -> None:
    properties = "{LogGroupName: !Sub '/aws/lambda/${Act}', DestinationArn: !GetAtt Stream.Arn}"
    filter = f"  Filter: {{Type: AWS::Logs::SubscriptionFilter, Properties: {properties}}}\n"
    found = warnings(tmp_path, function("Act"), filter, "  Stream: {Type: AWS::Kinesis::Stream}\n")
    assert not any("would invoke" in message for message in found)


def test_network_of_a_function_is_none_of_its_calls(tmp_path: Path) -> None:
    inside = function("Act", "VpcConfig: {SubnetIds: [!Ref Net], SecurityGroupIds: []}")
    found = warnings(tmp_path, inside, "  Net: {Type: AWS::EC2::Subnet}\n")
    assert "no function refers to them: AWS::EC2::Subnet (Net)" in found[-1]
    assert found[0].endswith("without an effect here, whatever their value: VpcConfig")


def test_resources_without_a_relation_to_functions_share_one_warning(tmp_path: Path) -> None:
    many = "".join(f"  Net{number}: {{Type: AWS::EC2::Subnet}}\n" for number in range(3))
    site = "  Site: {Type: AWS::CloudFront::Distribution}\n"
    assert warnings(tmp_path, function("Act"), many, site) == [
        "template.yaml:3: warning: not emulated, and no function refers to them: AWS::EC2::Subnet (3), "
        "AWS::CloudFront::Distribution (Site) (fine if nothing here needs them)"
    ]


def test_resources_that_change_no_answer_are_not_named(tmp_path: Path) -> None:
    permission = "{Action: 'lambda:InvokeFunction', FunctionName: !Ref Act, Principal: apigateway.amazonaws.com}"
    quiet = f"""
  Log: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: !Sub '/aws/lambda/${{Act}}'}}}}
  Alarm: {{Type: AWS::CloudWatch::Alarm, Properties: {{Dimensions: [{{Name: FunctionName, Value: !Ref Act}}]}}}}
  May: {{Type: AWS::Lambda::Permission, Properties: {permission}}}
"""
    assert warnings(tmp_path, function("Act"), quiet) == []


POOL = """  Users: {Type: AWS::Cognito::UserPool}
  Google: {Type: AWS::Cognito::UserPoolIdentityProvider, Properties: {UserPoolId: !Ref Users, ProviderName: Google}}
  Web: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Users}}
"""
API = "  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: a, ProtocolType: HTTP, Target: !GetAtt Act.Arn}}\n"
AUTHORIZER = """  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      Name: jwt
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration:
        Audience: [!Ref Web]
        Issuer: !Sub https://cognito-idp.${AWS::Region}.amazonaws.com/${Users}
"""


def test_provider_of_a_pool_is_named_unless_an_authorizer_takes_the_tokens(tmp_path: Path) -> None:
    alone = warnings(tmp_path / "alone", function("Act"), API, POOL)
    assert any("AWS::Cognito::UserPoolIdentityProvider (Google)" in message for message in alone)
    used = warnings(tmp_path / "used", function("Act"), API, POOL, AUTHORIZER)
    assert not any("Cognito" in message for message in used)


def test_function_that_calls_its_pool_can_do_so(tmp_path: Path) -> None:
    uses = function("Act", "Environment: {Variables: {POOL: !Ref Users}}")
    found = warnings(tmp_path, uses, API, POOL, AUTHORIZER)
    assert not any("Cognito" in message for message in found)


def test_protection_in_front_of_an_api_is_never_lost_silently(tmp_path: Path) -> None:
    wall = """
  Wall: {Type: AWS::WAFv2::WebACL}
  InFront: {Type: AWS::WAFv2::WebACLAssociation, Properties: {ResourceArn: a, WebACLArn: !GetAtt Wall.Arn}}
"""
    domain = """
  Name:
    Type: AWS::ApiGatewayV2::DomainName
    Properties: {DomainName: a.example.com, MutualTlsAuthentication: {TruststoreUri: s3://b/c}}
"""
    assert warnings(tmp_path, function("Act"), API, wall, domain) == [
        "template.yaml:6: warning: InFront (AWS::WAFv2::WebACLAssociation): AWS WAF is not emulated, so what it blocks "
        "is answered here (it is in force on AWS only)",
        "template.yaml:10: warning: Name (AWS::ApiGatewayV2::DomainName): mutual TLS is not emulated, so clients need "
        "no certificate here (it is in force on AWS only)",
    ]


def test_private_api_is_named(tmp_path: Path) -> None:
    api = """
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: a
      EndpointConfiguration: {Types: [PRIVATE], VpcEndpointIds: [vpce-1]}
"""
    regional = api.replace("PRIVATE", "REGIONAL")
    assert not any("private" in message for message in warnings(tmp_path / "other", function("Act"), regional))
    found = warnings(tmp_path, function("Act"), api)
    assert any("Api (AWS::ApiGateway::RestApi): it is private on AWS" in message for message in found)


def test_property_of_a_table_that_a_program_would_miss_is_named(tmp_path: Path) -> None:
    table = """
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      KinesisStreamSpecification: {StreamArn: 'arn:aws:kinesis:us-east-1:111122223333:stream/s'}
"""
    assert warnings(tmp_path, function("Act"), table) == [
        "template.yaml:10: warning: KinesisStreamSpecification of Items is not emulated: no Kinesis stream gets the "
        "changes here (the deployed table sends them)"
    ]


def test_listed_types_are_types_of_aws() -> None:
    types = template_types()
    listed = {*types.emulated, *types.of_services, *types.of_no_effect, *types.of_pool, *types.protecting} - {
        "AWS::CDK::Metadata"
    }
    known = resource_type_names("AWS::")
    unknown = [name for name in listed if not name.endswith("::*") and name not in known]
    unknown += [name for name in listed if name.endswith("::*") and not any(it.startswith(name[:-1]) for it in known)]
    assert sorted(unknown) == []


def test_protecting_properties_are_those_of_their_types() -> None:
    for kind, reasons in template_types().protecting.items():
        found = find_resource_type(kind)
        if found is not None:
            assert {path.partition("=")[0] for path in reasons} <= found.features.keys(), kind
