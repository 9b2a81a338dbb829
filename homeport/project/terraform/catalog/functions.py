"""Lambda.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function
"""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.terraform.catalog.kinds import INVOKE_ARN, Nested, ResourceKind, pascal

_ON_FAILURE = Nested("OnFailure", {"destination_arn": "Destination", "destination": "Destination"})
_ON_SUCCESS = Nested("OnSuccess", {"destination": "Destination"})

FUNCTION_KINDS: Mapping[str, ResourceKind] = {
    "aws_lambda_function": ResourceKind(
        "AWS::Lambda::Function",
        {
            **pascal("architectures", "description", "function_name", "handler", "layers", "memory_size"),
            **pascal("package_type", "reserved_concurrent_executions", "role", "runtime", "timeout"),
            "dead_letter_config": Nested("DeadLetterConfig", pascal("target_arn")),
            "file_system_config": Nested("FileSystemConfigs", pascal("arn", "local_mount_path"), many=True),
            "tracing_config": Nested("TracingConfig", pascal("mode")),
        },
        {
            "invoke_arn": INVOKE_ARN.format("{Arn}"),
            "qualified_arn": "{Arn}:1",
            "qualified_invoke_arn": INVOKE_ARN.format("{Arn}:1"),
            "response_streaming_invoke_arn": INVOKE_ARN.format("{Arn}").replace(
                "/invocations", "/response-streaming-invocations"
            ),
            "version": "$LATEST",
        },
        named_by="function_name",
    ),
    "aws_lambda_alias": ResourceKind(
        "AWS::Lambda::Alias",
        pascal("name", "function_name", "function_version"),
        {"arn": "{Ref}", "id": "{Ref}", "invoke_arn": INVOKE_ARN.format("{Ref}")},
    ),
    "aws_lambda_permission": ResourceKind(
        "AWS::Lambda::Permission", pascal("action", "function_name", "principal", "source_arn"), named_by=""
    ),
    "aws_lambda_layer_version": ResourceKind(
        "AWS::Lambda::LayerVersion",
        pascal("layer_name", "compatible_runtimes"),
        {"arn": "{Ref}", "id": "{Ref}", "version": "1"},
        named_by="layer_name",
    ),
    "aws_lambda_event_source_mapping": ResourceKind(
        "AWS::Lambda::EventSourceMapping",
        {
            **pascal("batch_size", "bisect_batch_on_function_error", "enabled", "event_source_arn", "function_name"),
            **pascal("function_response_types", "maximum_batching_window_in_seconds", "maximum_record_age_in_seconds"),
            **pascal("maximum_retry_attempts", "parallelization_factor", "queues", "starting_position"),
            **pascal("starting_position_timestamp", "topics", "tumbling_window_in_seconds"),
            "filter_criteria": Nested("FilterCriteria", {"filter": Nested("Filters", pascal("pattern"), many=True)}),
            "scaling_config": Nested("ScalingConfig", pascal("maximum_concurrency")),
            "destination_config": Nested("DestinationConfig", {"on_failure": _ON_FAILURE}),
        },
        {"arn": "{EventSourceMappingArn}", "uuid": "{Ref}"},
        named_by="",
    ),
    "aws_lambda_function_event_invoke_config": ResourceKind(
        "AWS::Lambda::EventInvokeConfig",
        {
            **pascal("function_name", "maximum_event_age_in_seconds", "maximum_retry_attempts", "qualifier"),
            "destination_config": Nested("DestinationConfig", {"on_failure": _ON_FAILURE, "on_success": _ON_SUCCESS}),
        },
        named_by="",
    ),
    "aws_lambda_function_url": ResourceKind(
        "AWS::Lambda::Url",
        {"function_name": "TargetFunctionArn", "authorization_type": "AuthType"},
        {"function_url": "{FunctionUrl}", "function_arn": "{FunctionArn}"},
        named_by="",
    ),
}
