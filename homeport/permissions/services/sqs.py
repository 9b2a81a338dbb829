"""SQS: queues, which requests name by their URLs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from .permission import ANY, Parameters, ServicePermission
from .place import ServicePlace

# A batch needs the permission of its single request.
_BATCHES = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}
_HOST = re.compile(r"sqs\.([a-z0-9-]+)\.amazonaws\.com|([a-z0-9-]+)\.queue\.amazonaws\.com")


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to SQS."""
    yield ServicePermission(f"sqs:{_BATCHES.get(operation, operation)}", _resource(parameters, place))
    if operation == "StartMessageMoveTask":
        # The messages are received, deleted and sent with the caller's permissions.
        source = str(parameters.get("SourceArn") or ANY)
        yield from (ServicePermission(f"sqs:{action}", source) for action in ("ReceiveMessage", "DeleteMessage"))
        if destination := parameters.get("DestinationArn"):
            yield ServicePermission("sqs:SendMessage", str(destination))


def _resource(parameters: Parameters, place: ServicePlace) -> str:
    if url := parameters.get("QueueUrl"):
        return queue_arn(str(url), place)
    if name := parameters.get("QueueName"):
        account = parameters.get("QueueOwnerAWSAccountId") or place.account
        return f"arn:aws:sqs:{place.region}:{account}:{name}"
    return str(parameters.get("SourceArn") or ANY)


def queue_arn(url: str, place: ServicePlace) -> str:
    """Return the ARN of a queue by its URL (``https://sqs.REGION.amazonaws.com/ACCOUNT/NAME``)."""
    parts = urlsplit(url)
    found = _HOST.fullmatch(parts.hostname or "")
    region = (found[1] or found[2]) if found else place.region
    path = [part for part in parts.path.split("/") if part]
    name = path[-1] if path else url
    account = path[-2] if len(path) > 1 and re.fullmatch(r"\d{12}", path[-2]) else place.account
    return f"arn:aws:sqs:{region}:{account}:{name}"
