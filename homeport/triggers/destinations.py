"""Destinations: where records of invocations go, by the service in the ARN.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from homeport.service_client import ServiceClient, ServiceError
from homeport.triggers.events.invocation_record import bus_entry


@dataclass(frozen=True, slots=True)
class Destinations:
    """The destinations of records. ``client`` is None where no services run; ``submit`` invokes a function later.

    ``submit`` gets the ARN of the function and the event.
    """

    client: ServiceClient | None
    submit: Callable[[str, bytes], None]

    def send_record(self, arn: str, record: dict[str, Any]) -> None:
        """Send the record of an invocation. Raises ServiceError."""
        service = _service(arn)
        text = json.dumps(record)
        if service == "lambda":
            self.submit(arn, text.encode())
        elif service == "events":
            found = self._services().call(
                "events", "AWSEvents.PutEvents", {"Entries": [bus_entry(record, arn)]}, version="1.1"
            )
            if found.get("FailedEntryCount"):
                raise ServiceError(f"PutEvents: {found['Entries'][0].get('ErrorMessage')}")
        elif service == "s3":
            bucket = arn.rpartition(":")[2].partition("/")[0]
            self._services().put_object(bucket, _object_key(record), text.encode())
        else:
            self.send_message(arn, text)

    def send_message(self, arn: str, body: str, attributes: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Send a message to a queue or a topic. Raises ServiceError."""
        service = _service(arn)
        if service == "sqs":
            url = queue_url(self._services(), arn)
            given: dict[str, Any] = {"MessageAttributes": attributes} if attributes else {}
            self._services().call("sqs", "AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": body, **given})
        elif service == "sns":
            self._services().query("sns", _publish(arn, body, attributes or {}))
        else:
            raise ServiceError(f"{arn} is no destination that is emulated")

    def _services(self) -> ServiceClient:
        if self.client is None:
            raise ServiceError("no services of AWS run here")
        return self.client


def queue_url(client: ServiceClient, arn: str) -> str:
    """Return the URL of a queue. Raises ServiceError."""
    found = client.call("sqs", "AmazonSQS.GetQueueUrl", {"QueueName": arn.rpartition(":")[2]})
    return str(found["QueueUrl"])


def _service(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) > 5 else ""


def _publish(arn: str, body: str, attributes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    parameters = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": arn, "Message": body}
    for place, (name, value) in enumerate(attributes.items(), 1):
        start = f"MessageAttributes.entry.{place}"
        parameters[f"{start}.Name"] = name
        parameters[f"{start}.Value.DataType"] = value["DataType"]
        parameters[f"{start}.Value.StringValue"] = value["StringValue"]
    return parameters


def _object_key(record: Mapping[str, Any]) -> str:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#create-destination-s3
    now = datetime.now(UTC)
    function = record["requestContext"]["functionArn"].partition(":function:")[2].partition(":")[0]
    return f"aws/lambda/async/{function}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
