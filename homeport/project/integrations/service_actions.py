"""The actions of AWS services that an HTTP API can integrate with, and their parameters.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """An action. ``service`` is IAM's name of the service, ``name`` that of the action.

    The names of the parameters have a case, and every action takes ``Region`` as well.
    """

    service: str
    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters."""
        return (*self.required, *self.optional, "Region")


SERVICE_ACTIONS: Mapping[str, ServiceAction] = {
    "EventBridge-PutEvents": ServiceAction(
        "events", "PutEvents", ("Detail", "DetailType", "Source"), ("Time", "EventBusName", "Resources")
    ),
    "SQS-SendMessage": ServiceAction(
        "sqs",
        "SendMessage",
        ("QueueUrl", "MessageBody"),
        (
            *("DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"),
            "MessageSystemAttributes",
        ),
    ),
    "SQS-ReceiveMessage": ServiceAction(
        "sqs",
        "ReceiveMessage",
        ("QueueUrl",),
        (
            *("AttributeName", "AttributeNames", "MaxNumberOfMessages", "MessageAttributeNames"),
            *("ReceiveRequestAttemptId", "VisibilityTimeout", "WaitTimeSeconds"),
        ),
    ),
    "SQS-DeleteMessage": ServiceAction("sqs", "DeleteMessage", ("ReceiptHandle", "QueueUrl")),
    "SQS-PurgeQueue": ServiceAction("sqs", "PurgeQueue", ("QueueUrl",)),
    "AppConfig-GetConfiguration": ServiceAction(
        "appconfig",
        "GetConfiguration",
        ("Application", "Environment", "Configuration", "ClientId"),
        ("ClientConfigurationVersion",),
    ),
    "Kinesis-PutRecord": ServiceAction(
        "kinesis",
        "PutRecord",
        ("StreamName", "Data", "PartitionKey"),
        ("SequenceNumberForOrdering", "ExplicitHashKey"),
    ),
    "StepFunctions-StartExecution": ServiceAction("states", "StartExecution", ("StateMachineArn",), ("Name", "Input")),
    "StepFunctions-StartSyncExecution": ServiceAction(
        "states", "StartSyncExecution", ("StateMachineArn",), ("Name", "Input", "TraceHeader")
    ),
    "StepFunctions-StopExecution": ServiceAction("states", "StopExecution", ("ExecutionArn",), ("Cause", "Error")),
}
"""The actions by ``integrationSubtype``."""
