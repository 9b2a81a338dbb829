"""Topics and buckets that invoke functions: ``sns`` and ``s3``.

https://www.serverless.com/framework/docs/providers/aws/events/sns
https://www.serverless.com/framework/docs/providers/aws/events/s3
"""

from __future__ import annotations

from typing import Any

from homeport.project.serverless.logical_names import function_id, normal_name, plain_name
from homeport.project.serverless.service import (
    Content,
    EventEntry,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    is_set,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_EVENT = "s3:ObjectCreated:*"


def add_topics(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the topics of ``sns`` events, and a subscription for each of their functions."""
    for entry in service.events("sns"):
        at = entry.settings
        settings = at if isinstance(at.value, dict) else at._replace(value={})
        arn = settings.at("arn") if settings.value else at
        name = text_of(settings.at("topicName")) if settings.value else text_of(at)
        topic: Any
        if text_of(arn).startswith("arn:"):
            topic, name = arn, name if settings.has("topicName") else text_of(arn).rpartition(":")[2]
        elif settings.has("arn"):
            topic, name = arn, name or "Topic"
        elif name:
            topic = _topic(name, settings, at, template)
        else:
            at.error("the event sns has no topic", "write sns: TOPIC")
            continue
        properties: Content = {
            "TopicArn": topic,
            "Protocol": "lambda",
            "Endpoint": arn_of(function_id(entry.function.key)),
            "FilterPolicy": optional(settings.at("filterPolicy")),
            "FilterPolicyScope": optional(settings.at("filterPolicyScope")),
            "RedrivePolicy": _redrive_policy(settings.at("redrivePolicy")),
        }
        logical_id = f"{normal_name(entry.function.key)}SnsSubscription{plain_name(name)}"
        template.add(logical_id, "AWS::SNS::Subscription", properties, at)


def _topic(name: str, settings: Cursor, at: Cursor, template: ServiceTemplate) -> Content:
    logical_id = f"SNSTopic{plain_name(name)}"
    if logical_id not in template.resources:
        properties = {"TopicName": Placed(name, at), "DisplayName": optional(settings.at("displayName"))}
        template.add(logical_id, "AWS::SNS::Topic", properties, at)
    return {"Ref": logical_id}


def _redrive_policy(at: Cursor) -> Content | None:
    if at.has("deadLetterTargetArn"):
        return {"deadLetterTargetArn": at.at("deadLetterTargetArn")}
    if at.has("deadLetterTargetRef"):
        return {"deadLetterTargetArn": arn_of(text_of(at.at("deadLetterTargetRef")))}
    if at.has("deadLetterTargetImport"):
        return {"deadLetterTargetArn": {"Fn::ImportValue": at.at("deadLetterTargetImport").at("arn")}}
    return None


def add_buckets(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the buckets of ``s3`` events with their notifications.

    A bucket that exists elsewhere (``existing: true``) is made here as well, unless it is one of the owner's resources.
    """
    found: dict[str, list[tuple[EventEntry, Cursor]]] = {}
    for entry in service.events("s3"):
        at = entry.settings
        bucket = at.at("bucket") if isinstance(at.value, dict) else at
        name = _bucket_name(bucket)
        if not name:
            at.error("the event s3 has no bucket", "write s3: BUCKET")
            continue
        found.setdefault(name, []).append((entry, bucket))
    for name, entries in found.items():
        configuration = [_notification(entry) for entry, _ in entries]
        bucket = entries[0][1]
        logical_id = _owner_bucket(service, name, bucket)
        if logical_id is None:
            _add_bucket(service, name, bucket, configuration, template)
        else:
            properties = {"NotificationConfiguration": {"LambdaConfigurations": configuration}}
            template.add(logical_id, "AWS::S3::Bucket", properties, bucket)


def _add_bucket(
    service: ServerlessService, name: str, bucket: Cursor, configuration: list[Content], template: ServiceTemplate
) -> None:
    settings = service.provider.at("s3").at(name)
    own = {key[:1].upper() + key[1:]: value for key, value in settings.items() if key != "name"}
    given: Any = Placed(text_of(settings.at("name")) or name, bucket)
    notifications = own.pop("NotificationConfiguration", None)
    merged = dict(notifications.items()) if notifications is not None else {}
    template.add(
        f"S3Bucket{plain_name(name)}",
        "AWS::S3::Bucket",
        {
            "BucketName": given if isinstance(bucket.value, str) else bucket,
            **own,
            "NotificationConfiguration": {"LambdaConfigurations": configuration, **merged},
        },
        bucket,
    )


def _notification(entry: EventEntry) -> Content:
    at = entry.settings
    settings = at if isinstance(at.value, dict) else at._replace(value={})
    rules = [{"Name": name, "Value": value} for rule in settings.at("rules").entries() for name, value in rule.items()]
    made: Content = {
        "Event": settings.at("event") if is_set(settings.at("event")) else _EVENT,
        "Function": arn_of(function_id(entry.function.key)),
    }
    return {**made, "Filter": {"S3Key": {"Rules": rules}}} if rules else made


def _bucket_name(bucket: Cursor) -> str:
    match bucket.value:
        case {"Ref": str(name)}:
            return name
        case dict() as value:
            return plain_name(str(value))[:40]
    return text_of(bucket)


def _owner_bucket(service: ServerlessService, name: str, bucket: Cursor) -> str | None:
    """Return the logical id of the owner's bucket of a name, None if it is not in ``resources``."""
    section = service.top.at("resources")
    parts = section.entries() if isinstance(section.value, list) else [section]
    for part in parts:
        for logical_id, resource in part.at("Resources").items():
            is_bucket = resource.at("Type").value == "AWS::S3::Bucket"
            if is_bucket and (logical_id == name or resource.at("Properties").at("BucketName").value == bucket.value):
                return logical_id
    return None
