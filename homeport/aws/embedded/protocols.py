"""The protocol of each service, which decides on the media type of its answers.

ministack asks botocore's models for it, whose import takes 12 MB and 0.2 s of the processor.
https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

PROTOCOLS: Mapping[str, Mapping[str, str]] = {
    "cognito-idp": {"protocol": "json", "jsonVersion": "1.1"},
    "dynamodb": {"protocol": "json", "jsonVersion": "1.0"},
    "events": {"protocol": "json", "jsonVersion": "1.1"},
    "kinesis": {"protocol": "json", "jsonVersion": "1.1"},
    "kms": {"protocol": "json", "jsonVersion": "1.1"},
    "monitoring": {"protocol": "smithy-rpc-v2-cbor"},
    "scheduler": {"protocol": "rest-json"},
    "secretsmanager": {"protocol": "json", "jsonVersion": "1.1"},
    "ses": {"protocol": "query"},
    "sns": {"protocol": "query"},
    "sqs": {"protocol": "json", "jsonVersion": "1.0"},
    "ssm": {"protocol": "json", "jsonVersion": "1.1"},
    "states": {"protocol": "json", "jsonVersion": "1.0"},
    "sts": {"protocol": "query"},
}
"""The protocols by ministack's names of the services. S3 has its media types in ministack."""


def install_protocols(responses: Any, router: Any) -> None:
    """Have modules of ministack use the table, and take each name in a signature for a service: others are refused."""
    responses._service_model = _service_model
    router._is_aws_service_name = lambda name: True


def _service_model(service: str) -> Any:
    found = PROTOCOLS.get(service)
    return SimpleNamespace(metadata=found) if found is not None else None
