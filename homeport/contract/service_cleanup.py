"""Buckets and queues of a stack on this machine, as they were before a run that sends it requests.

An object that the run made is deleted, and a queue that was empty is emptied. Others' data is never touched: neither an
object that was there before, nor a queue that held messages, nor anything at an endpoint that is not this machine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from homeport.http_client import is_local
from homeport.project.model import ServiceResource
from homeport.project.project import Project
from homeport.terminal import with_noun

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_MOST_DELETED = 1000


@dataclass(frozen=True)
class ServiceContent:
    """The versions of objects by bucket and key, and the URLs of queues that are empty."""

    objects: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    empty: tuple[str, ...] = ()


@contextmanager
def cleaned_services(project: Project, endpoint: str | None) -> Iterator[None]:
    """Remove after the context what was put into buckets and queues meanwhile, and print what was.

    ``endpoint`` is that of the services; nothing is done where it is None or another machine's.
    """
    if endpoint is None or not is_local(endpoint):
        yield
        return
    clients = _Clients(endpoint, project.stage.region)
    before = clients.content(project)
    try:
        yield
    finally:
        for line in clients.clean(before):
            print(f"cleaned up: {line}", flush=True)


class _Clients:
    def __init__(self, endpoint: str, region: str) -> None:
        from homeport.dynamodb.client import local_client

        self._s3: Any = local_client("s3", endpoint, region)
        self._sqs: Any = local_client("sqs", endpoint, region)

    def content(self, project: Project) -> ServiceContent:
        """Return what there is. Raises EngineError where the services do not answer."""
        from homeport.dynamodb.calls import translate_errors

        with translate_errors("the services failed"):
            buckets = {name: self._objects(name) for name in _names(project, "AWS::S3::Bucket")}
            queues = (self._queue_url(name.rpartition("/")[2]) for name in _names(project, "AWS::SQS::Queue"))
            empty = tuple(url for url in queues if url is not None and self._count(url) == 0)
        return ServiceContent({name: found for name, found in buckets.items() if found is not None}, empty)

    def clean(self, before: ServiceContent) -> Iterator[str]:
        """Remove what is new, and yield a line for each change."""
        for bucket, objects in before.objects.items():
            there = self._objects(bucket) or {}
            new = [key for key in there if key not in objects]
            for start in range(0, len(new), _MOST_DELETED):
                keys = [{"Key": key} for key in new[start : start + _MOST_DELETED]]
                self._s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            if new:
                yield f"{with_noun(len(new), 'object')} of bucket {bucket}"
            changed = [key for key, tag in objects.items() if there.get(key) != tag]
            if changed:
                objects_left = with_noun(len(changed), "object")
                yield f"not {objects_left} of bucket {bucket} that the run changed or removed: {changed[0]}, …"
        for url in before.empty:
            count = self._count(url)
            if count:
                self._sqs.purge_queue(QueueUrl=url)
                yield f"{with_noun(count, 'message')} of queue {url.rpartition('/')[2]}"

    def _objects(self, bucket: str) -> dict[str, str] | None:
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", ())}
        except self._s3.exceptions.NoSuchBucket:
            return None

    def _queue_url(self, name: str) -> str | None:
        try:
            return str(self._sqs.get_queue_url(QueueName=name)["QueueUrl"])
        except self._sqs.exceptions.QueueDoesNotExist:
            return None

    def _count(self, url: str) -> int:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
        return sum(int(found.get(name, 0)) for name in _COUNTS)


def _names(project: Project, kind: str) -> list[str]:
    others: Mapping[str, ServiceResource] = project.resources.others
    return [each.physical_id for each in others.values() if each.type == kind]
