"""The forms of what ``Ref`` and ``Fn::GetAtt`` give, by type of resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
The page of each type there has its ``Return values``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class ResourceForm:
    """The values that CloudFormation gives for the resources of a type.

    ``ref`` and ``attributes`` are formats. Their fields are ``name`` (the property ``name_from``, else the stack's name
    and the logical id, at most ``longest`` long), ``region``, ``account``, ``ref``; ``id10``, ``hex8``, ``upper13`` and
    ``uuid``, which are the same at every start; and properties (``{RestApiId}``).
    """

    ref: str = "{name}"
    attributes: Mapping[str, str] = field(default_factory=dict)
    name_from: str = ""
    longest: int = _LONGEST_NAME
    lower: bool = False


def arn_form(service: str, resource: str, region: str = "{region}") -> str:
    """Return the form of an ARN."""
    return f"arn:aws:{service}:{region}:{{account}}:{resource}"


def _ids(ref: str, *attributes: str) -> ResourceForm:
    """Return the form of a type whose ``Ref`` is an id, which attributes give as well."""
    return ResourceForm(ref, dict.fromkeys(attributes, "{ref}"))


_API_URL = "https://{ref}.execute-api.{region}.amazonaws.com"
_STREAM = arn_form("dynamodb", "table/{name}/stream/2020-01-01T00:00:00.000")
_BUCKET_DOMAIN = "{name}.s3.amazonaws.com"
_POOL = "cognito-idp.{region}.amazonaws.com/{ref}"
_DATABASE = "{name}.{id12}.{region}.rds.amazonaws.com"

FORMS: Mapping[str, ResourceForm] = {
    "AWS::Lambda::Function": ResourceForm(
        attributes={"Arn": arn_form("lambda", "function:{name}")}, name_from="FunctionName", longest=64
    ),
    "AWS::Lambda::Alias": ResourceForm(
        arn_form("lambda", "function:{function}:{Name}"), {"AliasArn": "{ref}"}, name_from="Name"
    ),
    "AWS::Lambda::Version": ResourceForm(
        arn_form("lambda", "function:{function}:1"), {"Version": "1", "FunctionArn": "{ref}"}
    ),
    "AWS::Lambda::LayerVersion": ResourceForm(
        arn_form("lambda", "layer:{name}:1"), {"LayerVersionArn": "{ref}"}, name_from="LayerName", longest=140
    ),
    "AWS::Lambda::Url": ResourceForm(
        arn_form("lambda", "function:{function}"),
        {"FunctionArn": "{ref}", "FunctionUrl": "https://{id32}.lambda-url.{region}.on.aws/"},
    ),
    "AWS::Lambda::EventSourceMapping": ResourceForm(
        "{uuid}", {"Id": "{ref}", "EventSourceMappingArn": arn_form("lambda", "event-source-mapping:{ref}")}
    ),
    "AWS::DynamoDB::Table": ResourceForm(
        attributes={"Arn": arn_form("dynamodb", "table/{name}"), "StreamArn": _STREAM}, name_from="TableName"
    ),
    "AWS::DynamoDB::GlobalTable": ResourceForm(
        attributes={"Arn": arn_form("dynamodb", "table/{name}"), "StreamArn": _STREAM, "TableId": "{uuid}"},
        name_from="TableName",
    ),
    "AWS::SQS::Queue": ResourceForm(
        "https://sqs.{region}.amazonaws.com/{account}/{name}",
        {"Arn": arn_form("sqs", "{name}"), "QueueName": "{name}", "QueueUrl": "{ref}"},
        name_from="QueueName",
        longest=80,
    ),
    "AWS::SNS::Topic": ResourceForm(
        arn_form("sns", "{name}"), {"TopicArn": "{ref}", "TopicName": "{name}"}, name_from="TopicName"
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
        attributes={"Arn": arn_form("iam", "role{path}{name}", region=""), "RoleId": "AROA{upper17}"},
        name_from="RoleName",
        longest=64,
    ),
    "AWS::IAM::User": ResourceForm(
        attributes={"Arn": arn_form("iam", "user{path}{name}", region="")}, name_from="UserName", longest=64
    ),
    "AWS::IAM::Group": ResourceForm(
        attributes={"Arn": arn_form("iam", "group{path}{name}", region="")}, name_from="GroupName", longest=128
    ),
    "AWS::IAM::InstanceProfile": ResourceForm(
        attributes={"Arn": arn_form("iam", "instance-profile{path}{name}", region="")}, name_from="InstanceProfileName"
    ),
    "AWS::IAM::ManagedPolicy": ResourceForm(
        arn_form("iam", "policy{path}{name}", region=""),
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
            "Arn": arn_form("cognito-idp", "userpool/{ref}"),
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
        arn_form("states", "stateMachine:{name}"), {"Arn": "{ref}", "Name": "{name}"}, "StateMachineName", longest=80
    ),
    "AWS::StepFunctions::Activity": ResourceForm(
        arn_form("states", "activity:{name}"), {"Arn": "{ref}", "Name": "{name}"}, name_from="Name", longest=80
    ),
    "AWS::Events::EventBus": ResourceForm(
        attributes={"Arn": arn_form("events", "event-bus/{name}"), "Name": "{name}"}, name_from="Name"
    ),
    "AWS::Events::Rule": ResourceForm(
        attributes={"Arn": arn_form("events", "rule/{name}")}, name_from="Name", longest=64
    ),
    "AWS::Events::Connection": ResourceForm(
        attributes={"Arn": arn_form("events", "connection/{name}/{uuid}")}, name_from="Name", longest=64
    ),
    "AWS::Events::ApiDestination": ResourceForm(
        attributes={"Arn": arn_form("events", "api-destination/{name}/{uuid}")}, name_from="Name", longest=64
    ),
    "AWS::Scheduler::Schedule": ResourceForm(
        attributes={"Arn": arn_form("scheduler", "schedule/default/{name}")}, name_from="Name", longest=64
    ),
    "AWS::SSM::Parameter": ResourceForm(attributes={"Type": "{Type}", "Value": "{Value}"}, name_from="Name"),
    "AWS::SecretsManager::Secret": ResourceForm(
        arn_form("secretsmanager", "secret:{name}-{id6}"), {"Id": "{ref}"}, name_from="Name"
    ),
    "AWS::KMS::Key": ResourceForm("{uuid}", {"Arn": arn_form("kms", "key/{ref}"), "KeyId": "{ref}"}),
    "AWS::KMS::Alias": ResourceForm(name_from="AliasName"),
    "AWS::Kinesis::Stream": ResourceForm(
        attributes={"Arn": arn_form("kinesis", "stream/{name}")}, name_from="Name", longest=128
    ),
    "AWS::KinesisFirehose::DeliveryStream": ResourceForm(
        attributes={"Arn": arn_form("firehose", "deliverystream/{name}")}, name_from="DeliveryStreamName", longest=64
    ),
    "AWS::Logs::LogGroup": ResourceForm(
        attributes={"Arn": arn_form("logs", "log-group:{name}:*")}, name_from="LogGroupName", longest=512
    ),
    "AWS::CloudWatch::Alarm": ResourceForm(
        attributes={"Arn": arn_form("cloudwatch", "alarm:{name}")}, name_from="AlarmName"
    ),
    "AWS::CloudFront::Distribution": ResourceForm(
        "E{upper13}", {"Id": "{ref}", "DomainName": "d{id13}.cloudfront.net"}
    ),
    "AWS::CloudFront::CloudFrontOriginAccessIdentity": ResourceForm(
        "E{upper13}", {"Id": "{ref}", "S3CanonicalUserId": "{hex64}"}
    ),
    "AWS::CloudFront::OriginAccessControl": _ids("E{upper13}", "Id"),
    "AWS::CloudFormation::Stack": ResourceForm(arn_form("cloudformation", "stack/{name}/{uuid}")),
    "AWS::AppSync::GraphQLApi": ResourceForm(
        arn_form("appsync", "apis/{id26}"),
        {
            "ApiId": "{id26}",
            "Arn": "{ref}",
            "GraphQLUrl": "https://{id26}.appsync-api.{region}.amazonaws.com/graphql",
            "GraphQLDns": "{id26}.appsync-api.{region}.amazonaws.com",
        },
    ),
    "AWS::CertificateManager::Certificate": ResourceForm(arn_form("acm", "certificate/{uuid}")),
    "AWS::Route53::HostedZone": _ids("Z{upper13}", "Id"),
    "AWS::Route53::RecordSet": ResourceForm(name_from="Name"),
    "AWS::EC2::VPC": ResourceForm(
        "vpc-{hex17}", {"VpcId": "{ref}", "CidrBlock": "{CidrBlock}", "DefaultSecurityGroup": "sg-{hex17}"}
    ),
    "AWS::EC2::Subnet": ResourceForm("subnet-{hex17}", {"SubnetId": "{ref}", "AvailabilityZone": "{region}a"}),
    "AWS::EC2::SecurityGroup": ResourceForm("sg-{hex17}", {"GroupId": "{ref}", "Id": "{ref}", "VpcId": "{VpcId}"}),
    "AWS::EFS::FileSystem": ResourceForm(
        "fs-{hex17}", {"FileSystemId": "{ref}", "Arn": arn_form("elasticfilesystem", "file-system/{ref}")}
    ),
    "AWS::EFS::AccessPoint": ResourceForm(
        "fsap-{hex17}", {"AccessPointId": "{ref}", "Arn": arn_form("elasticfilesystem", "access-point/{ref}")}
    ),
    "AWS::RDS::DBInstance": ResourceForm(
        attributes={
            "Endpoint.Address": _DATABASE,
            "Endpoint.Port": "3306",
            "DBInstanceArn": arn_form("rds", "db:{name}"),
        },
        name_from="DBInstanceIdentifier",
        longest=63,
        lower=True,
    ),
    "AWS::RDS::DBCluster": ResourceForm(
        attributes={
            "Endpoint.Address": _DATABASE,
            "Endpoint.Port": "3306",
            "DBClusterArn": arn_form("rds", "cluster:{name}"),
        },
        name_from="DBClusterIdentifier",
        longest=63,
        lower=True,
    ),
    "AWS::OpenSearchService::Domain": ResourceForm(
        attributes={
            "Arn": arn_form("es", "domain/{name}"),
            "DomainEndpoint": "search-{name}-{id26}.{region}.es.amazonaws.com",
        },
        name_from="DomainName",
        longest=28,
        lower=True,
    ),
    "AWS::WAFv2::WebACL": ResourceForm(
        "{name}|{uuid}|REGIONAL", {"Arn": arn_form("wafv2", "regional/webacl/{name}/{uuid}"), "Id": "{uuid}"}, "Name"
    ),
}
"""The types whose values functions and APIs use. ``Ref`` of most others is their name."""

_OTHER = ResourceForm()
_OTHER_ARN = ResourceForm("arn:aws:{service}:{region}:{account}:{kind}/{name}")
_REF_IS_ARN = frozenset(
    f"AWS::{name}"
    for name in (
        *("ACMPCA::CertificateAuthority", "AppSync::DataSource", "AppSync::FunctionConfiguration", "AppSync::Resolver"),
        *("Batch::ComputeEnvironment", "Batch::JobDefinition", "Batch::JobQueue"),
        *("CodeStarConnections::Connection", "ECS::CapacityProvider", "ECS::Service", "ECS::TaskDefinition"),
        *("ElasticLoadBalancingV2::Listener", "ElasticLoadBalancingV2::ListenerRule"),
        *("ElasticLoadBalancingV2::LoadBalancer", "ElasticLoadBalancingV2::TargetGroup"),
        *("IoT::Certificate", "Lambda::CodeSigningConfig", "MSK::Cluster", "StepFunctions::StateMachineAlias"),
        *("StepFunctions::StateMachineVersion", "VpcLattice::Service", "XRay::Group"),
    )
)
"""The other types whose ``Ref`` is an ARN."""


def form_of(type: str) -> ResourceForm:
    """Return the form of a type."""
    return FORMS.get(type) or (_OTHER_ARN if type in _REF_IS_ARN else _OTHER)
