"""Every type that has an entry, and those that change no answer of an API."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.terraform.catalog.apis import HTTP_API_KINDS, REST_API_KINDS
from homeport.project.terraform.catalog.functions import FUNCTION_KINDS
from homeport.project.terraform.catalog.kinds import ResourceKind
from homeport.project.terraform.catalog.services import COGNITO_KINDS, DATA_KINDS, IAM_KINDS, MESSAGE_KINDS

KINDS: Mapping[str, ResourceKind] = {
    **FUNCTION_KINDS,
    **HTTP_API_KINDS,
    **REST_API_KINDS,
    **IAM_KINDS,
    **DATA_KINDS,
    **MESSAGE_KINDS,
    **COGNITO_KINDS,
}
"""The types of Terraform that become resources of the template."""

_QUIET = frozenset(
    f"aws_{name}"
    for name in (
        *("api_gateway_account", "api_gateway_client_certificate", "api_gateway_documentation_part"),
        *("api_gateway_documentation_version", "apigatewayv2_route_response", "cloudwatch_dashboard"),
        *("cloudwatch_event_permission", "cloudwatch_log_group", "cloudwatch_log_metric_filter"),
        *("cloudwatch_log_resource_policy", "cloudwatch_log_stream", "cloudwatch_metric_alarm"),
        *("cloudwatch_composite_alarm", "cloudwatch_query_definition", "acm_certificate", "acm_certificate_validation"),
        *("dynamodb_resource_policy", "dynamodb_contributor_insights", "iam_access_key", "iam_group"),
        *("iam_group_membership", "iam_group_policy_attachment", "iam_group_policy", "iam_openid_connect_provider"),
        *("iam_service_linked_role", "iam_user_policy", "iam_user_policy_attachment", "kms_key_policy", "kms_grant"),
        *("lambda_code_signing_config", "lambda_layer_version_permission", "lambda_provisioned_concurrency_config"),
        *(
            "lambda_invocation",
            "lambda_runtime_management_config",
            "resourcegroups_group",
            "s3_account_public_access_block",
        ),
        *("s3_bucket_accelerate_configuration", "s3_bucket_acl", "s3_bucket_lifecycle_configuration"),
        *("s3_bucket_logging", "s3_bucket_metric", "s3_bucket_object", "s3_bucket_ownership_controls"),
        *("s3_bucket_policy", "s3_bucket_public_access_block", "s3_bucket_request_payment_configuration"),
        *(
            "s3_bucket_server_side_encryption_configuration",
            "s3_object",
            "s3_object_copy",
            "secretsmanager_secret_policy",
        ),
        *("secretsmanager_secret_rotation", "sns_topic_policy", "sqs_queue_policy", "sqs_queue_redrive_allow_policy"),
        *("xray_sampling_rule", "xray_group", "budgets_budget", "wafv2_ip_set", "wafv2_web_acl", "wafv2_rule_group"),
        *("wafv2_web_acl_logging_configuration", "appautoscaling_policy", "appautoscaling_target"),
        *("appautoscaling_scheduled_action", "apigatewayv2_model", "ses_domain_dkim", "ses_domain_mail_from"),
        *("ses_domain_identity_verification", "ses_identity_policy", "cloudtrail", "codedeploy_app"),
        *("codedeploy_deployment_group", "s3_bucket_website_configuration", "cognito_user_pool_ui_customization"),
    )
)
_OTHER_PROVIDERS = (
    *("archive_", "http", "local_", "null_", "random_", "template_", "terraform_data", "time_", "tls_", "external"),
    *("docker_", "github_", "gitlab_"),
)


def is_quiet(type: str) -> bool:
    """Return whether a type changes no answer of an API, and is no resource of AWS that a function could call."""
    return type in _QUIET or (not type.startswith("aws") and type.startswith(_OTHER_PROVIDERS))
