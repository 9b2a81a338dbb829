"""Buckets of S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from mimetypes import guess_type
from typing import Any

from botocore.exceptions import ClientError

from homeport.aws.setup.clients import Clients, fit
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource
from homeport.terminal import with_noun

_DEFAULT_REGION = "us-east-1"


def make_bucket(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a bucket, set its versioning and its CORS rules, and fill an empty one from the seed."""
    s3, name, properties = clients("s3"), resource.physical_id, resource.properties
    if not _exists(s3, name):
        place = {"CreateBucketConfiguration": {"LocationConstraint": clients.region}}
        s3.create_bucket(Bucket=name, **(place if clients.region != _DEFAULT_REGION else {}))
        yield f"made bucket {name}"
    status = (properties.get("VersioningConfiguration") or {}).get("Status")
    if status:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    rules = (properties.get("CorsConfiguration") or {}).get("CorsRules")
    if rules:
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": _cors_rules(s3, rules)})
    files = seed.objects.get(resource.logical_id, {})
    if files and not s3.list_objects_v2(Bucket=name, MaxKeys=1).get("KeyCount"):
        for key, file in files.items():
            kind = guess_type(key)[0] or "binary/octet-stream"
            s3.put_object(Bucket=name, Key=key, Body=file.read_bytes(), ContentType=kind)
        yield f"filled {name} with {with_noun(len(files), 'object')} of {seed.shown}"


def connect_bucket(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Have a bucket tell queues, topics, functions and EventBridge of its objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
    """
    written = resource.properties.get("NotificationConfiguration")
    if not isinstance(written, Mapping):
        return
    kinds = (
        ("QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicArn"),
        ("LambdaConfigurations", "Function", "LambdaFunctionArn"),
    )
    wanted: dict[str, Any] = {}
    for key, source, target in kinds:
        name = "LambdaFunctionConfigurations" if key == "LambdaConfigurations" else key
        entries = [_notification(entry, source, target) for entry in written.get(key, ())]
        if entries:
            wanted[name] = entries
    if "EventBridgeConfiguration" in written:
        wanted["EventBridgeConfiguration"] = {}
    client = clients("s3")
    client.put_bucket_notification_configuration(
        Bucket=resource.physical_id, NotificationConfiguration=wanted, SkipDestinationValidation=True
    )
    yield from ()


def _notification(entry: Mapping[str, Any], source: str, target: str) -> dict[str, Any]:
    found: dict[str, Any] = {target: str(entry.get(source, "")), "Events": [str(entry.get("Event", ""))]}
    rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules")
    if rules:
        found["Filter"] = {"Key": {"FilterRules": [{"Name": r["Name"], "Value": str(r["Value"])} for r in rules]}}
    return found


def _cors_rules(s3: Any, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    shape = s3.meta.service_model.shape_for("CORSRule")
    names = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    return [fit(shape, {names.get(key, key): value for key, value in rule.items()}) for rule in rules]


def _exists(s3: Any, name: str) -> bool:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True
