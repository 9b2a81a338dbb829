"""Tables, rights, queues, topics, buckets, events, and the other services that run beside the API.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.terraform.catalog.kinds import JsonDocument, Nested, ResourceKind, pascal

_POOL_TRIGGERS = pascal(
    *("create_auth_challenge", "custom_message", "define_auth_challenge", "post_authentication", "post_confirmation"),
    *("pre_authentication", "pre_sign_up", "pre_token_generation", "user_migration", "verify_auth_challenge_response"),
)
_PASSWORD = pascal(
    *("minimum_length", "require_lowercase", "require_numbers", "require_symbols", "require_uppercase"),
    "temporary_password_validity_days",
)

IAM_KINDS: Mapping[str, ResourceKind] = {
    "aws_iam_role": ResourceKind(
        "AWS::IAM::Role",
        {
            **pascal("managed_policy_arns", "path", "permissions_boundary"),
            "name": "RoleName",
            "assume_role_policy": JsonDocument("AssumeRolePolicyDocument"),
            "inline_policy": Nested(
                "Policies", {"name": "PolicyName", "policy": JsonDocument("PolicyDocument")}, many=True
            ),
        },
        {"name": "{Ref}", "unique_id": "{RoleId}"},
    ),
    "aws_iam_role_policy": ResourceKind(
        "AWS::IAM::Policy", {"name": "PolicyName", "policy": JsonDocument("PolicyDocument")}
    ),
    "aws_iam_policy": ResourceKind(
        "AWS::IAM::ManagedPolicy",
        {**pascal("path"), "name": "ManagedPolicyName", "policy": JsonDocument("PolicyDocument")},
        {"arn": "{Ref}", "id": "{Ref}"},
    ),
    "aws_iam_user": ResourceKind("AWS::IAM::User", {**pascal("path"), "name": "UserName"}),
    "aws_iam_instance_profile": ResourceKind(
        "AWS::IAM::InstanceProfile", {**pascal("path"), "name": "InstanceProfileName"}
    ),
}

DATA_KINDS: Mapping[str, ResourceKind] = {
    "aws_dynamodb_table": ResourceKind(
        "AWS::DynamoDB::Table",
        {**pascal("billing_mode", "deletion_protection_enabled", "table_class"), "name": "TableName"},
        {"stream_arn": "{StreamArn}", "stream_label": "2020-01-01T00:00:00.000"},
    ),
    "aws_s3_bucket": ResourceKind(
        "AWS::S3::Bucket",
        {"bucket": "BucketName"},
        {
            "bucket": "{Ref}",
            "bucket_domain_name": "{DomainName}",
            "bucket_regional_domain_name": "{RegionalDomainName}",
            "region": "{region}",
            "website_endpoint": "{Ref}.s3-website-{region}.amazonaws.com",
        },
        named_by="bucket",
    ),
    "aws_kinesis_stream": ResourceKind(
        "AWS::Kinesis::Stream",
        {
            **pascal("name", "shard_count"),
            "retention_period": "RetentionPeriodHours",
            "stream_mode_details": Nested("StreamModeDetails", pascal("stream_mode")),
        },
        {"id": "{Arn}"},
    ),
    "aws_ssm_parameter": ResourceKind("AWS::SSM::Parameter", pascal("name", "type", "value")),
    "aws_secretsmanager_secret": ResourceKind(
        "AWS::SecretsManager::Secret", pascal("name", "description"), {"arn": "{Ref}", "id": "{Ref}"}
    ),
    "aws_kms_key": ResourceKind(
        "AWS::KMS::Key",
        {
            **pascal("description", "key_usage"),
            "customer_master_key_spec": "KeySpec",
            "policy": JsonDocument("KeyPolicy"),
        },
        {"key_id": "{Ref}"},
        named_by="",
    ),
    "aws_kms_alias": ResourceKind(
        "AWS::KMS::Alias",
        {"name": "AliasName", "target_key_id": "TargetKeyId"},
        {"arn": "arn:aws:kms:{region}:{account}:{Ref}"},
    ),
}

MESSAGE_KINDS: Mapping[str, ResourceKind] = {
    "aws_sqs_queue": ResourceKind(
        "AWS::SQS::Queue",
        {
            **pascal("content_based_deduplication", "deduplication_scope", "delay_seconds", "fifo_queue"),
            **pascal("fifo_throughput_limit"),
            "name": "QueueName",
            "max_message_size": "MaximumMessageSize",
            "message_retention_seconds": "MessageRetentionPeriod",
            "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
            "visibility_timeout_seconds": "VisibilityTimeout",
            "redrive_policy": JsonDocument("RedrivePolicy"),
            "redrive_allow_policy": JsonDocument("RedriveAllowPolicy"),
        },
        {"url": "{Ref}", "id": "{Ref}", "name": "{QueueName}"},
    ),
    "aws_sns_topic": ResourceKind(
        "AWS::SNS::Topic",
        {**pascal("content_based_deduplication", "display_name", "fifo_topic"), "name": "TopicName"},
        {"arn": "{Ref}", "id": "{Ref}"},
    ),
    "aws_sns_topic_subscription": ResourceKind(
        "AWS::SNS::Subscription",
        {
            **pascal("endpoint", "filter_policy_scope", "protocol", "raw_message_delivery", "topic_arn"),
            "filter_policy": JsonDocument("FilterPolicy"),
        },
        {"arn": "{Ref}", "id": "{Ref}"},
        named_by="",
    ),
    "aws_cloudwatch_event_bus": ResourceKind("AWS::Events::EventBus", pascal("name"), {"id": "{Name}"}),
    "aws_cloudwatch_event_rule": ResourceKind(
        "AWS::Events::Rule",
        {
            **pascal("description", "event_bus_name", "name", "role_arn", "schedule_expression", "state"),
            "event_pattern": JsonDocument("EventPattern"),
        },
    ),
    "aws_scheduler_schedule": ResourceKind(
        "AWS::Scheduler::Schedule",
        {
            **pascal("description", "end_date", "group_name", "name", "schedule_expression"),
            **pascal("schedule_expression_timezone", "start_date", "state"),
            "flexible_time_window": Nested("FlexibleTimeWindow", pascal("mode", "maximum_window_in_minutes")),
            "target": Nested(
                "Target",
                {
                    **pascal("arn", "input", "role_arn"),
                    "dead_letter_config": Nested("DeadLetterConfig", pascal("arn")),
                    "retry_policy": Nested(
                        "RetryPolicy", pascal("maximum_event_age_in_seconds", "maximum_retry_attempts")
                    ),
                },
            ),
        },
    ),
    "aws_scheduler_schedule_group": ResourceKind("AWS::Scheduler::ScheduleGroup", pascal("name")),
    "aws_sfn_state_machine": ResourceKind(
        "AWS::StepFunctions::StateMachine",
        {
            **pascal("role_arn"),
            "name": "StateMachineName",
            "definition": "DefinitionString",
            "type": "StateMachineType",
        },
        {"id": "{Ref}", "arn": "{Ref}"},
    ),
    "aws_ses_email_identity": ResourceKind("AWS::SES::EmailIdentity", {"email": "EmailIdentity"}, named_by=""),
    "aws_ses_domain_identity": ResourceKind("AWS::SES::EmailIdentity", {"domain": "EmailIdentity"}, named_by=""),
    "aws_sesv2_email_identity": ResourceKind("AWS::SES::EmailIdentity", pascal("email_identity"), named_by=""),
    "aws_ses_configuration_set": ResourceKind("AWS::SES::ConfigurationSet", pascal("name")),
}

COGNITO_KINDS: Mapping[str, ResourceKind] = {
    "aws_cognito_user_pool": ResourceKind(
        "AWS::Cognito::UserPool",
        {
            **pascal("alias_attributes", "auto_verified_attributes", "mfa_configuration", "username_attributes"),
            "name": "UserPoolName",
            "lambda_config": Nested("LambdaConfig", _POOL_TRIGGERS),
            "password_policy": Nested("PasswordPolicy", _PASSWORD),
            "schema": Nested("Schema", pascal("attribute_data_type", "mutable", "name", "required"), many=True),
        },
        {"endpoint": "{ProviderName}"},
        named_by="",
    ),
    "aws_cognito_user_pool_client": ResourceKind(
        "AWS::Cognito::UserPoolClient",
        {
            **pascal("access_token_validity", "explicit_auth_flows", "generate_secret", "id_token_validity"),
            **pascal("refresh_token_validity", "supported_identity_providers", "user_pool_id"),
            "name": "ClientName",
            "allowed_oauth_flows": "AllowedOAuthFlows",
            "allowed_oauth_flows_user_pool_client": "AllowedOAuthFlowsUserPoolClient",
            "allowed_oauth_scopes": "AllowedOAuthScopes",
            "callback_urls": "CallbackURLs",
            "logout_urls": "LogoutURLs",
            "token_validity_units": Nested("TokenValidityUnits", pascal("access_token", "id_token", "refresh_token")),
        },
        {"client_secret": "{ClientSecret}"},
        named_by="",
    ),
    "aws_cognito_user_pool_domain": ResourceKind(
        "AWS::Cognito::UserPoolDomain", pascal("domain", "user_pool_id"), named_by=""
    ),
    "aws_cognito_user_group": ResourceKind(
        "AWS::Cognito::UserPoolGroup",
        {**pascal("description", "precedence", "role_arn", "user_pool_id"), "name": "GroupName"},
    ),
    "aws_cognito_resource_server": ResourceKind(
        "AWS::Cognito::UserPoolResourceServer",
        {
            **pascal("identifier", "name", "user_pool_id"),
            "scope": Nested("Scopes", pascal("scope_description", "scope_name"), many=True),
        },
        named_by="",
    ),
}
