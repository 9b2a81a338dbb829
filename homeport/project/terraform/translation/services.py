"""Resources of other services beyond their names: those that Terraform splits, and CloudFormation has in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from homeport.project.terraform.catalog.kinds import Field, Nested, pascal
from homeport.project.terraform.configuration.instances import ResourceInstance
from homeport.project.terraform.configuration.views import View
from homeport.project.terraform.evaluation.values import as_text
from homeport.project.terraform.lines import ValueLines
from homeport.project.terraform.translation.documents import document_of
from homeport.project.terraform.translation.made import MadeResource, Translation
from homeport.project.terraform.translation.properties import nested_map

_TARGET: dict[str, Field] = {
    **pascal("arn", "input", "input_path", "role_arn"),
    "target_id": "Id",
    "dead_letter_config": Nested("DeadLetterConfig", pascal("arn")),
    "input_transformer": Nested(
        "InputTransformer", {"input_paths": "InputPathsMap", "input_template": "InputTemplate"}
    ),
    "retry_policy": Nested("RetryPolicy", pascal("maximum_event_age_in_seconds", "maximum_retry_attempts")),
    "sqs_target": Nested("SqsParameters", pascal("message_group_id")),
}
_CORS = {
    "allowed_headers": "AllowedHeaders",
    "allowed_methods": "AllowedMethods",
    "allowed_origins": "AllowedOrigins",
    "expose_headers": "ExposedHeaders",
    "max_age_seconds": "MaxAge",
}
_CONFIGURATIONS = (
    ("lambda_function", "LambdaConfigurations", "lambda_function_arn", "Function"),
    ("queue", "QueueConfigurations", "queue_arn", "Queue"),
    ("topic", "TopicConfigurations", "topic_arn", "Topic"),
)


def complete_policy(made: MadeResource, translation: Translation) -> None:
    """Let a policy whose document is not known allow everything, and name it: nothing that it may allow is denied."""
    if "PolicyDocument" not in made.properties and made.instance.view.has("policy"):
        place = made.instance.view.place("policy")
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        made.set("PolicyDocument", {"Version": "2012-10-17", "Statement": [statement]}, place)
        translation.warn(
            f"what {made.instance.address} allows is not known, so everything is allowed that nothing denies",
            place,
            "write its policy here to have calls checked",
        )


def complete_role_policy(made: MadeResource, translation: Translation) -> None:
    """Set the role of a policy that stands in it."""
    complete_policy(made, translation)
    with translation.reporting("role", made.instance):
        made.set("Roles", [_last(made.instance.view.get("role"))], made.instance.view.place("role"))


def attach_policies(translation: Translation) -> None:
    """Add attached policies to their roles. A role that is not here is no function's of this configuration."""
    for instance in translation.of_type("aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
        with translation.reporting("the policy", instance):
            names = instance.view.get("roles") or [instance.view.get("role")]
            for name in names:
                role = translation.find("aws_iam_role", "name", _last(name))
                if role is not None:
                    arn = instance.view.get("policy_arn")
                    known = role.properties.get("ManagedPolicyArns")
                    # The owner's own list may be another resource's, too.
                    role.properties["ManagedPolicyArns"] = [*(known if isinstance(known, list) else []), arn]
                    role.places.setdefault("ManagedPolicyArns", instance.view.place("policy_arn"))


def _last(name: Any) -> str:
    """Return the name of a role, which some write as its ARN."""
    return as_text(name or "").rpartition("/")[2]


def add_targets(translation: Translation) -> None:
    """Add targets to their rules."""
    for instance in translation.of_type("aws_cloudwatch_event_target"):
        with translation.reporting("the target", instance):
            rule = translation.find("aws_cloudwatch_event_rule", "name", instance.view.get("rule"))
            if rule is None:
                translation.warn(f"the rule of {instance.address} is not in this configuration", instance.source)
                continue
            entry = nested_map(instance.view, _TARGET, translation.settings.lines)
            entry.setdefault("Id", rule.logical_id + str(len(rule.properties.get("Targets", ()))))
            rule.add("Targets", entry, instance.source)


def complete_rule(made: MadeResource, translation: Translation) -> None:
    """Set the state of a rule, which older versions of the provider write as a flag."""
    with translation.reporting("is_enabled", made.instance):
        if made.instance.view.get("is_enabled") in (False, "false"):
            made.set("State", "DISABLED", made.instance.view.place("is_enabled"))


def complete_buckets(translation: Translation) -> None:
    """Put notifications, versioning and CORS, which are resources of their own, into their buckets."""
    lines = translation.settings.lines
    for instance, bucket in _of_bucket(translation, "aws_s3_bucket_notification"):
        with translation.reporting("the notification", instance):
            configuration = dict(_notifications(instance.view, lines))
            bucket.set("NotificationConfiguration", configuration, instance.source)
    for instance, bucket in _of_bucket(translation, "aws_s3_bucket_versioning"):
        with translation.reporting("the versioning", instance):
            written = instance.view.first("versioning_configuration")
            if written is not None and written.get("status") in ("Enabled", "Suspended"):
                bucket.set("VersioningConfiguration", {"Status": written.get("status")}, written.source)
    for instance, bucket in _of_bucket(translation, "aws_s3_bucket_cors_configuration"):
        with translation.reporting("CORS", instance):
            rules = [nested_map(each, _CORS, lines) for each in instance.view.views("cors_rule")]
            bucket.set("CorsConfiguration", {"CorsRules": rules}, instance.source)


def _of_bucket(translation: Translation, type: str) -> Iterator[tuple[ResourceInstance, MadeResource]]:
    for instance in translation.of_type(type):
        with translation.reporting("bucket", instance):
            bucket = translation.find("aws_s3_bucket", "id", instance.view.get("bucket"))
            if bucket is not None:
                yield instance, bucket


def _notifications(view: View, lines: ValueLines) -> Iterator[tuple[str, Any]]:
    for block, property, attribute, key in _CONFIGURATIONS:
        entries = [
            lines.place_map({"Event": event, key: each.get(attribute), **_filter(each)}, each.source, {})
            for each in view.views(block)
            for event in each.get("events") or ()
        ]
        if entries:
            yield property, entries
    if view.get("eventbridge"):
        yield "EventBridgeConfiguration", {"EventBridgeEnabled": True}


def _filter(view: View) -> dict[str, Any]:
    names = (("filter_prefix", "prefix"), ("filter_suffix", "suffix"))
    rules = [{"Name": name, "Value": view.get(key)} for key, name in names if view.get(key)]
    return {"Filter": {"S3Key": {"Rules": rules}}} if rules else {}


def complete_secrets(translation: Translation) -> None:
    """Put the value of a secret, which is a resource of its own, into the secret."""
    for instance in translation.of_type("aws_secretsmanager_secret_version"):
        with translation.reporting("secret_string", instance):
            secret = translation.find("aws_secretsmanager_secret", "id", instance.view.get("secret_id"))
            if secret is not None and instance.view.get("secret_string") is not None:
                secret.set("SecretString", instance.view.get("secret_string"), instance.view.place("secret_string"))


def complete_queues(translation: Translation) -> None:
    """Put the redrive policy of a queue, where it is a resource of its own, into the queue."""
    for instance in translation.of_type("aws_sqs_queue_redrive_policy"):
        with translation.reporting("redrive_policy", instance):
            queue = translation.find("aws_sqs_queue", "id", instance.view.get("queue_url"))
            if queue is not None:
                place = instance.view.place("redrive_policy")
                document = document_of(instance.view.get("redrive_policy"), place, translation.settings.lines)
                queue.set("RedrivePolicy", document, place)


def complete_pool(made: MadeResource, translation: Translation) -> None:
    """Put the policy of passwords where CloudFormation has it."""
    policy = made.properties.pop("PasswordPolicy", None)
    if policy is not None:
        made.set("Policies", {"PasswordPolicy": policy}, made.places["PasswordPolicy"])
    config = made.properties.get("LambdaConfig")
    if isinstance(config, dict) and not config:
        del made.properties["LambdaConfig"]


def complete_parameter(made: MadeResource, translation: Translation) -> None:
    """Set a value that is written as one which is no secret."""
    with translation.reporting("insecure_value", made.instance):
        if made.instance.view.get("insecure_value") is not None:
            made.set("Value", made.instance.view.get("insecure_value"), made.instance.view.place("insecure_value"))


PARTS: Mapping[str, Callable[[Translation], None]] = {
    "aws_iam_role_policy_attachment": attach_policies,
    "aws_cloudwatch_event_target": add_targets,
    "aws_s3_bucket": complete_buckets,
    "aws_secretsmanager_secret_version": complete_secrets,
    "aws_sqs_queue_redrive_policy": complete_queues,
}
"""What puts resources into others, by one of the types that it is about."""

OF_OTHERS = frozenset(
    (
        *("aws_api_gateway_integration", "aws_api_gateway_integration_response", "aws_api_gateway_method_response"),
        *("aws_api_gateway_method_settings", "aws_api_gateway_rest_api_policy", "aws_cloudwatch_event_target"),
        *("aws_dynamodb_table_item", "aws_iam_policy_attachment", "aws_iam_role_policy_attachment"),
        *("aws_s3_bucket_cors_configuration", "aws_s3_bucket_notification", "aws_s3_bucket_versioning"),
        *("aws_secretsmanager_secret_version", "aws_sqs_queue_redrive_policy"),
    )
)
"""The types that are parts of others in the template."""
