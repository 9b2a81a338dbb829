"""The permissions that Lambda itself uses by a function's role: to poll sources, and to send records of failures.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.project.triggers.trigger import AnyTrigger, QueueTrigger, StreamTrigger, Triggers

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
_TABLE_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")
_KINESIS = (
    *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator"),
    *("kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard"),
)
_OF_NO_RESOURCE = ("dynamodb:ListStreams", "kinesis:ListStreams")
"""The actions that work on no resource of their own."""
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_DESTINATIONS = {
    "sqs": ("sqs:SendMessage",),
    "sns": ("sns:Publish",),
    "lambda": ("lambda:InvokeFunction",),
    "events": ("events:PutEvents",),
    "s3": ("s3:PutObject", "s3:ListBucket"),
}


def polling_actions(trigger: AnyTrigger) -> tuple[str, ...]:
    """Return the actions that the role of a trigger's function needs, none where the source pushes its events."""
    match trigger:
        case QueueTrigger():
            return _QUEUE
        case StreamTrigger(service="dynamodb"):
            return _TABLE_STREAM
        case StreamTrigger():
            return _KINESIS
    return ()


def role_permissions(triggers: Triggers, region: str, account: str) -> Iterator[tuple[str, str, str]]:
    """Yield function, action and resource of each permission that Lambda uses by the function's role."""
    for trigger in triggers.every:
        source = _source_arn(trigger, region, account)
        for action in polling_actions(trigger):
            yield trigger.function, action, "*" if action in _OF_NO_RESOURCE else source
        if isinstance(trigger, StreamTrigger):
            yield from _to_destination(trigger.function, trigger.on_failure)
    for function, settings in triggers.asynchronous.items():
        for arn in (settings.on_success, settings.on_failure, settings.dead_letter):
            yield from _to_destination(function, arn)


def _source_arn(trigger: AnyTrigger, region: str, account: str) -> str:
    match trigger:
        case QueueTrigger():
            return trigger.queue_arn
        case StreamTrigger(service="dynamodb"):
            return f"arn:aws:dynamodb:{region}:{account}:table/{trigger.stream}/stream/*"
        case StreamTrigger():
            return f"arn:aws:kinesis:{region}:{account}:stream/{trigger.stream.rpartition('/')[2]}"
    return ""


def _to_destination(function: str, arn: str) -> Iterator[tuple[str, str, str]]:
    service = arn.split(":")[2] if arn.count(":") > 4 else ""
    for action in _DESTINATIONS.get(service, ()):
        yield function, action, f"{arn}/*" if action == "s3:PutObject" else arn
