"""The protocols of services are those of the services' API models."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from homeport.gateway.integrations.service_protocols import JSON_SERVICES, QUERY_VERSIONS

# The name in botocore of a service that URIs call otherwise.
_NAMES = {
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "events": "events",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "streams.dynamodb": "dynamodbstreams",
    "tagging": "resourcegroupstaggingapi",
}
# Parameter Store is asked in its old protocol, and SQS too, which have another one in the models.
_OLD = {"ssm", "sqs"}


@pytest.fixture(scope="module")
def session() -> Any:
    return botocore.session.get_session()


@pytest.mark.parametrize("service", JSON_SERVICES)
def test_a_json_service_has_the_target_of_its_model(service: str, session: Any) -> None:
    found = session.get_service_model(_NAMES.get(service, service)).metadata
    protocol = JSON_SERVICES[service]
    assert (protocol.target, protocol.version) == (found["targetPrefix"], found["jsonVersion"])


@pytest.mark.parametrize("service", [name for name in QUERY_VERSIONS if name not in _OLD])
def test_a_query_service_has_the_version_of_its_model(service: str, session: Any) -> None:
    assert session.get_service_model(_NAMES.get(service, service)).metadata["apiVersion"] == QUERY_VERSIONS[service]
