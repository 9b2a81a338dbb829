"""The values of ``Ref`` and ``Fn::GetAtt`` for each type of resource, in AWS's forms.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
The page of each type there has its ``Return values``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from homeport.project.cloudformation.function_values import as_text
from homeport.project.model import LOCAL_ACCOUNT, physical_name
from homeport.project.names import api_id

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID = re.compile(r"(id|hex|upper)([0-9]+)")
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class ResourceForm:
    """The values that CloudFormation gives for the resources of a type.

    ``ref`` and ``attributes`` are formats. Their fields are ``name`` (the property ``name_from``, else the stack's name
    and the logical id, at most ``longest`` long), ``region``, ``account``, ``ref``; ``id10``,
    ``hex8``, ``upper13`` and ``uuid``, which are the same at every start; and properties (``{RestApiId}``).
    """

    ref: str = "{name}"
    attributes: Mapping[str, str] = field(default_factory=dict)
    name_from: str = ""
    longest: int = _LONGEST_NAME
    lower: bool = False


class ResourceOwner(NamedTuple):
    """A resource whose values are asked for: its type, its logical id, and the stack in which it is.

    ``stack_name`` is that of the resource's own stack, and ``path`` the logical id as the stack above all has it
    (``Nested.Api``), whose name is ``root_name``. ``property_of`` works out a property, None if there is none.
    """

    type: str
    logical_id: str
    path: str
    stack_name: str
    root_name: str
    region: str
    property_of: Callable[[str], Any]


def _arn(service: str, resource: str, region: str = "{region}", account: str = "{account}") -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def _ids(ref: str, *attributes: str) -> ResourceForm:
    """Return the form of a type whose ``Ref`` is an id, which attributes give as well."""
    return ResourceForm(ref, dict.fromkeys(attributes, "{ref}"))


_API_URL = "https://{ref}.execute-api.{region}.amazonaws.com"
_STREAM = _arn("dynamodb", "table/{name}/stream/2020-01-01T00:00:00.000")
_BUCKET_DOMAIN = "{name}.s3.amazonaws.com"
_POOL = "cognito-idp.{region}.amazonaws.com/{ref}"
_DATABASE = "{name}.{id12}.{region}.rds.amazonaws.com"

FORMS: Mapping[str, ResourceForm] = {
    "AWS::Lambda::Function": ResourceForm(
        attributes={"Arn": _arn("lambda", "function:{name}")}, name_from="FunctionName", longest=64
    ),
    "AWS::Lambda::Alias": ResourceForm(
        _arn("lambda", "function:{function}:{Name}"), {"AliasArn": "{ref}"}, name_from="Name"
    ),
    "AWS::Lambda::Version": ResourceForm(
        _arn("lambda", "function:{function}:1"), {"Version": "1", "FunctionArn": "{ref}"}
    ),
    "AWS::Lambda::LayerVersion": ResourceForm(
        _arn("lambda", "layer:{name}:1"), {"LayerVersionArn": "{ref}"}, name_from="LayerName", longest=140
    ),
    "AWS::Lambda::Url": ResourceForm(
        _arn("lambda", "function:{function}"),
        {"FunctionArn": "{ref}", "FunctionUrl": "https://{id32}.lambda-url.{region}.on.aws/"},
    ),
    "AWS::Lambda::EventSourceMapping": ResourceForm(
        "{uuid}", {"Id": "{ref}", "EventSourceMappingArn": _arn("lambda", "event-source-mapping:{ref}")}
    ),
    "AWS::DynamoDB::Table": ResourceForm(
        attributes={"Arn": _arn("dynamodb", "table/{name}"), "StreamArn": _STREAM}, name_from="TableName"
    ),
    "AWS::DynamoDB::GlobalTable": ResourceForm(
        attributes={"Arn": _arn("dynamodb", "table/{name}"), "StreamArn": _STREAM, "TableId": "{uuid}"},
        name_from="TableName",
    ),
    "AWS::SQS::Queue": ResourceForm(
        "https://sqs.{region}.amazonaws.com/{account}/{name}",
        {"Arn": _arn("sqs", "{name}"), "QueueName": "{name}", "QueueUrl": "{ref}"},
        name_from="QueueName",
        longest=80,
    ),
    "AWS::SNS::Topic": ResourceForm(
        _arn("sns", "{name}"), {"TopicArn": "{ref}", "TopicName": "{name}"}, name_from="TopicName"
    ),
    "AWS::SNS::Subscription": ResourceForm("{TopicArn}:{uuid}", {"Arn": "{ref}"}),
    "AWS::S3::Bucket": ResourceForm(
        attributes={
            "Arn": "arn:aws:s3:::{name}",
            "DomainName": _BUCKET_DOMAIN,
            "DualStackDomainName": "{name}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": "{name}.s3.{region}.amazonaws.com",
            "WebsiteURL": "http://{name}.s3-website-{region}.amazonaws.com",
        },
        name_from="BucketName",
        longest=63,
        lower=True,
    ),
    "AWS::IAM::Role": ResourceForm(
        attributes={"Arn": _arn("iam", "role{path}{name}", region=""), "RoleId": "AROA{upper17}"},
        name_from="RoleName",
        longest=64,
    ),
    "AWS::IAM::User": ResourceForm(
        attributes={"Arn": _arn("iam", "user{path}{name}", region="")}, name_from="UserName", longest=64
    ),
    "AWS::IAM::Group": ResourceForm(
        attributes={"Arn": _arn("iam", "group{path}{name}", region="")}, name_from="GroupName", longest=128
    ),
    "AWS::IAM::InstanceProfile": ResourceForm(
        attributes={"Arn": _arn("iam", "instance-profile{path}{name}", region="")}, name_from="InstanceProfileName"
    ),
    "AWS::IAM::ManagedPolicy": ResourceForm(
        _arn("iam", "policy{path}{name}", region=""),
        {"PolicyArn": "{ref}"},
        name_from="ManagedPolicyName",
        longest=128,
    ),
    "AWS::ApiGateway::RestApi": ResourceForm("{api}", {"RestApiId": "{ref}", "RootResourceId": "{id10}"}),
    "AWS::ApiGateway::Resource": _ids("{id6}", "ResourceId"),
    "AWS::ApiGateway::Deployment": _ids("{id6}", "DeploymentId"),
    "AWS::ApiGateway::Stage": ResourceForm(name_from="StageName"),
    "AWS::ApiGateway::Authorizer": _ids("{id6}", "AuthorizerId"),
    "AWS::ApiGateway::Model": ResourceForm(name_from="Name"),
    "AWS::ApiGateway::RequestValidator": _ids("{id6}", "RequestValidatorId"),
    "AWS::ApiGateway::UsagePlan": _ids("{id6}", "Id"),
    "AWS::ApiGateway::ApiKey": _ids("{id10}", "APIKeyId"),
    "AWS::ApiGateway::UsagePlanKey": _ids("{KeyId}:{UsagePlanId}", "Id"),
    "AWS::ApiGateway::VpcLink": _ids("{id6}", "VpcLinkId"),
    "AWS::ApiGateway::DomainName": ResourceForm(
        "{DomainName}",
        {
            "DistributionDomainName": "d{id13}.cloudfront.net",
            "DistributionHostedZoneId": "Z2FDTNDATAQYW2",
            "RegionalDomainName": "d-{id10}.execute-api.{region}.amazonaws.com",
            "RegionalHostedZoneId": "Z{upper13}",
        },
    ),
    "AWS::ApiGatewayV2::Api": ResourceForm("{api}", {"ApiId": "{ref}", "ApiEndpoint": _API_URL}),
    "AWS::ApiGatewayV2::Stage": ResourceForm(name_from="StageName"),
    "AWS::ApiGatewayV2::Authorizer": _ids("{id6}", "AuthorizerId"),
    "AWS::ApiGatewayV2::Integration": _ids("{id7}", "IntegrationId"),
    "AWS::ApiGatewayV2::Route": _ids("{id7}", "RouteId"),
    "AWS::ApiGatewayV2::Deployment": _ids("{id6}", "DeploymentId"),
    "AWS::ApiGatewayV2::ApiMapping": _ids("{id6}", "ApiMappingId"),
    "AWS::ApiGatewayV2::VpcLink": _ids("{id6}", "VpcLinkId"),
    "AWS::ApiGatewayV2::DomainName": ResourceForm(
        "{DomainName}",
        {
            "RegionalDomainName": "d-{id10}.execute-api.{region}.amazonaws.com",
            "RegionalHostedZoneId": "Z{upper13}",
        },
    ),
    "AWS::Cognito::UserPool": ResourceForm(
        "{region}_{id9}",
        {
            "Arn": _arn("cognito-idp", "userpool/{ref}"),
            "ProviderName": _POOL,
            "ProviderURL": f"https://{_POOL}",
            "UserPoolId": "{ref}",
        },
    ),
    "AWS::Cognito::UserPoolClient": ResourceForm(
        "{id26}", {"ClientId": "{ref}", "ClientSecret": "{id51}", "Name": "{name}"}, name_from="ClientName"
    ),
    "AWS::Cognito::UserPoolDomain": ResourceForm(
        "{Domain}", {"CloudFrontDistribution": "d{id13}.cloudfront.net"}, name_from="Domain"
    ),
    "AWS::Cognito::UserPoolGroup": ResourceForm(name_from="GroupName"),
    "AWS::Cognito::UserPoolResourceServer": ResourceForm(name_from="Identifier"),
    "AWS::Cognito::IdentityPool": ResourceForm(
        "{region}:{uuid}", {"Id": "{ref}", "Name": "{name}"}, name_from="IdentityPoolName"
    ),
    "AWS::StepFunctions::StateMachine": ResourceForm(
        _arn("states", "stateMachine:{name}"), {"Arn": "{ref}", "Name": "{name}"}, "StateMachineName", longest=80
    ),
    "AWS::StepFunctions::Activity": ResourceForm(
        _arn("states", "activity:{name}"), {"Arn": "{ref}", "Name": "{name}"}, name_from="Name", longest=80
    ),
    "AWS::Events::EventBus": ResourceForm(
        attributes={"Arn": _arn("events", "event-bus/{name}"), "Name": "{name}"}, name_from="Name"
    ),
    "AWS::Events::Rule": ResourceForm(attributes={"Arn": _arn("events", "rule/{name}")}, name_from="Name", longest=64),
    "AWS::Events::Connection": ResourceForm(
        attributes={"Arn": _arn("events", "connection/{name}/{uuid}")}, name_from="Name", longest=64
    ),
    "AWS::Events::ApiDestination": ResourceForm(
        attributes={"Arn": _arn("events", "api-destination/{name}/{uuid}")}, name_from="Name", longest=64
    ),
    "AWS::Scheduler::Schedule": ResourceForm(
        attributes={"Arn": _arn("scheduler", "schedule/default/{name}")}, name_from="Name", longest=64
    ),
    "AWS::SSM::Parameter": ResourceForm(attributes={"Type": "{Type}", "Value": "{Value}"}, name_from="Name"),
    "AWS::SecretsManager::Secret": ResourceForm(
        _arn("secretsmanager", "secret:{name}-{id6}"), {"Id": "{ref}"}, name_from="Name"
    ),
    "AWS::KMS::Key": ResourceForm("{uuid}", {"Arn": _arn("kms", "key/{ref}"), "KeyId": "{ref}"}),
    "AWS::KMS::Alias": ResourceForm(name_from="AliasName"),
    "AWS::Kinesis::Stream": ResourceForm(
        attributes={"Arn": _arn("kinesis", "stream/{name}")}, name_from="Name", longest=128
    ),
    "AWS::KinesisFirehose::DeliveryStream": ResourceForm(
        attributes={"Arn": _arn("firehose", "deliverystream/{name}")}, name_from="DeliveryStreamName", longest=64
    ),
    "AWS::Logs::LogGroup": ResourceForm(
        attributes={"Arn": _arn("logs", "log-group:{name}:*")}, name_from="LogGroupName", longest=512
    ),
    "AWS::CloudWatch::Alarm": ResourceForm(
        attributes={"Arn": _arn("cloudwatch", "alarm:{name}")}, name_from="AlarmName"
    ),
    "AWS::CloudFront::Distribution": ResourceForm(
        "E{upper13}", {"Id": "{ref}", "DomainName": "d{id13}.cloudfront.net"}
    ),
    "AWS::CloudFront::CloudFrontOriginAccessIdentity": ResourceForm(
        "E{upper13}", {"Id": "{ref}", "S3CanonicalUserId": "{hex64}"}
    ),
    "AWS::CloudFront::OriginAccessControl": _ids("E{upper13}", "Id"),
    "AWS::CloudFormation::Stack": ResourceForm(_arn("cloudformation", "stack/{name}/{uuid}")),
    "AWS::AppSync::GraphQLApi": ResourceForm(
        _arn("appsync", "apis/{id26}"),
        {
            "ApiId": "{id26}",
            "Arn": "{ref}",
            "GraphQLUrl": "https://{id26}.appsync-api.{region}.amazonaws.com/graphql",
            "GraphQLDns": "{id26}.appsync-api.{region}.amazonaws.com",
        },
    ),
    "AWS::CertificateManager::Certificate": ResourceForm(_arn("acm", "certificate/{uuid}")),
    "AWS::Route53::HostedZone": _ids("Z{upper13}", "Id"),
    "AWS::Route53::RecordSet": ResourceForm(name_from="Name"),
    "AWS::EC2::VPC": ResourceForm(
        "vpc-{hex17}", {"VpcId": "{ref}", "CidrBlock": "{CidrBlock}", "DefaultSecurityGroup": "sg-{hex17}"}
    ),
    "AWS::EC2::Subnet": ResourceForm("subnet-{hex17}", {"SubnetId": "{ref}", "AvailabilityZone": "{region}a"}),
    "AWS::EC2::SecurityGroup": ResourceForm("sg-{hex17}", {"GroupId": "{ref}", "Id": "{ref}", "VpcId": "{VpcId}"}),
    "AWS::EFS::FileSystem": ResourceForm(
        "fs-{hex17}", {"FileSystemId": "{ref}", "Arn": _arn("elasticfilesystem", "file-system/{ref}")}
    ),
    "AWS::EFS::AccessPoint": ResourceForm(
        "fsap-{hex17}", {"AccessPointId": "{ref}", "Arn": _arn("elasticfilesystem", "access-point/{ref}")}
    ),
    "AWS::RDS::DBInstance": ResourceForm(
        attributes={
            "Endpoint.Address": _DATABASE,
            "Endpoint.Port": "3306",
            "DBInstanceArn": _arn("rds", "db:{name}"),
        },
        name_from="DBInstanceIdentifier",
        longest=63,
        lower=True,
    ),
    "AWS::RDS::DBCluster": ResourceForm(
        attributes={
            "Endpoint.Address": _DATABASE,
            "Endpoint.Port": "3306",
            "DBClusterArn": _arn("rds", "cluster:{name}"),
        },
        name_from="DBClusterIdentifier",
        longest=63,
        lower=True,
    ),
    "AWS::OpenSearchService::Domain": ResourceForm(
        attributes={
            "Arn": _arn("es", "domain/{name}"),
            "DomainEndpoint": "search-{name}-{id26}.{region}.es.amazonaws.com",
        },
        name_from="DomainName",
        longest=28,
        lower=True,
    ),
    "AWS::WAFv2::WebACL": ResourceForm(
        "{name}|{uuid}|REGIONAL", {"Arn": _arn("wafv2", "regional/webacl/{name}/{uuid}"), "Id": "{uuid}"}, "Name"
    ),
}
"""The types whose values functions and APIs use. ``Ref`` of most others is their name."""

_OTHER = ResourceForm()
_OTHER_ARN = ResourceForm("arn:aws:{service}:{region}:{account}:{kind}/{name}")
_REF_IS_ARN = frozenset(
    f"AWS::{name}"
    for name in (
        *(
            "ACMPCA::CertificateAuthority",
            "AppConfig::Deployment",
            "AppSync::DataSource",
            "AppSync::FunctionConfiguration",
        ),
        *("AppSync::Resolver", "Batch::ComputeEnvironment", "Batch::JobDefinition", "Batch::JobQueue"),
        *("CodeStarConnections::Connection", "ECS::CapacityProvider", "ECS::Service", "ECS::TaskDefinition"),
        *("ElasticLoadBalancingV2::Listener", "ElasticLoadBalancingV2::ListenerRule"),
        *("ElasticLoadBalancingV2::LoadBalancer", "ElasticLoadBalancingV2::TargetGroup"),
        *("IoT::Certificate", "Lambda::CodeSigningConfig", "MSK::Cluster", "StepFunctions::StateMachineAlias"),
        *("StepFunctions::StateMachineVersion", "VpcLattice::Service", "XRay::Group"),
    )
)
"""The other types whose ``Ref`` is an ARN."""
_SERVICES = {"ElasticLoadBalancingV2": "elasticloadbalancing", "CertificateManager": "acm", "Elasticsearch": "es"}
"""The services whose name in an ARN is not that in the type, in lower case."""


def reference_of(owner: ResourceOwner) -> str:
    """Return the value of ``Ref``. Raises UnresolvedValueError where a property that it needs can't be worked out."""
    return _format(_form(owner.type).ref, owner)


def attribute_of(owner: ResourceOwner, attribute: str) -> str | None:
    """Return the value of ``Fn::GetAtt``, None if only AWS knows it. Raises UnresolvedValueError as well."""
    known = _form(owner.type).attributes.get(attribute)
    if known is not None:
        return _format(known, owner)
    if attribute == "Arn" and owner.type.startswith("AWS::"):
        return _format(_arn("{service}", "{kind}/{name}"), owner)
    # Many attributes give a property back.
    given = owner.property_of(attribute)
    return None if given is None or isinstance(given, dict | list) else as_text(given)


def placeholder_of(owner: ResourceOwner, attribute: str) -> str:
    """Return a text that stands for an attribute that only AWS knows."""
    last = attribute.rpartition(".")[2]
    if last.endswith(("Arn", "ARN")):
        return _format(_arn("{service}", "{name}/{attribute}"), owner, attribute=last)
    if last.endswith(("Url", "URL", "Uri", "URI")):
        return _format("https://{name}.{attribute}.{region}.amazonaws.com", owner, attribute=last.lower())
    return _format("{name}-{attribute}", owner, attribute=last)


def attribute_names(type: str) -> tuple[str, ...]:
    """Return the attributes of a type that are known here."""
    return tuple(_form(type).attributes)


def _form(type: str) -> ResourceForm:
    return FORMS.get(type) or (_OTHER_ARN if type in _REF_IS_ARN else _OTHER)


def _format(text: str, owner: ResourceOwner, **fields: str) -> str:
    return text.format_map(_Fields(owner, fields)) if "{" in text else text


class _Fields(dict[str, str]):
    """The fields of a format, each worked out when it is asked for."""

    def __init__(self, owner: ResourceOwner, fields: Mapping[str, str]) -> None:
        super().__init__(region=owner.region, account=LOCAL_ACCOUNT, **fields)
        self._owner = owner

    def __missing__(self, field: str) -> str:
        owner = self._owner
        match field:
            case "name":
                return _name(owner)
            case "ref":
                return reference_of(owner)
            case "api":
                return api_id(owner.path, owner.root_name)
            case "uuid":
                return str(UUID(bytes=_digest(owner)[:16], version=4))
            case "function":
                # FunctionName is a name, an ARN, or either with an alias.
                name = self["FunctionName" if owner.type != "AWS::Lambda::Url" else "TargetFunctionArn"]
                return name.rpartition(":function:")[2].partition(":")[0]
            case "service":
                service = owner.type.split("::")[1] if "::" in owner.type else owner.type
                return _SERVICES.get(service, service.lower())
            case "kind":
                return owner.type.rpartition("::")[2].lower()
            case "path":
                return as_text(owner.property_of("Path") or "/")
        found = _ID.fullmatch(field)
        if found is None:
            value = owner.property_of(field)
            return "" if value is None else as_text(value)
        return _id(found[1], int(found[2]), _digest(owner))


def _name(owner: ResourceOwner) -> str:
    form = _form(owner.type)
    for property in (form.name_from,) if form.name_from else ("Name", f"{owner.type.rpartition('::')[2]}Name"):
        given = owner.property_of(property)
        if given is not None and not isinstance(given, dict | list):
            return as_text(given)
    suffix = ".fifo" if owner.type == "AWS::SQS::Queue" and owner.property_of("FifoQueue") in (True, "true") else ""
    made = physical_name(owner.stack_name, owner.logical_id, form.longest - len(suffix)) + suffix
    return made.lower() if form.lower else made


def _digest(owner: ResourceOwner) -> bytes:
    return sha256(f"{owner.root_name}/{owner.path}".encode()).digest()


def _id(kind: str, length: int, digest: bytes) -> str:
    if kind == "hex":
        return digest.hex()[:length]
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest * 2)[:length]
    return letters.upper() if kind == "upper" else letters
