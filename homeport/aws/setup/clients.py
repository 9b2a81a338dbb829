"""boto3 clients for the services on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from homeport.dynamodb.client import local_client


class Clients:
    """The clients of one endpoint, each made when it is first asked for. ``embedded``: it is the kit's own process."""

    def __init__(self, endpoint: str, region: str, *, embedded: bool) -> None:
        self.endpoint, self.region, self.embedded = endpoint, region, embedded
        self._clients: dict[str, Any] = {}
        self._ids: dict[str, str] = {}

    def __call__(self, name: str) -> Any:
        """Return boto3's client of a service (``sqs``)."""
        if name not in self._clients:
            client = local_client(name, self.endpoint, self.region)
            client.meta.events.register("before-sign", self._add_ids)
            self._clients[name] = client
        return self._clients[name]

    @contextmanager
    def giving(self, **ids: str) -> Iterator[None]:
        """Have the resource that is made within the context get these ids; engines of others choose their own."""
        self._ids = ids
        try:
            yield
        finally:
            self._ids = {}

    def _add_ids(self, request: Any, **_: Any) -> None:
        if self._ids and self.embedded:
            request.headers["x-homeport-ids"] = json.dumps(self._ids)

    def request(self, name: str, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return properties of CloudFormation as the parameters of an operation (``CreateQueue``) that has the same.

        Properties that the operation does not have are left out. CloudFormation takes ``"true"`` and ``"3"`` for a
        Boolean and a number.
        """
        shape = self(name).meta.service_model.operation_model(operation).input_shape
        found: dict[str, Any] = fit(shape, values)
        return found


def fit(shape: Any, value: Any) -> Any:
    """Return a value as a shape of botocore takes it."""
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            members = {name.lower(): (name, member) for name, member in shape.members.items()}
            known = ((members[key.lower()], each) for key, each in value.items() if key.lower() in members)
            return {name: fit(member, each) for (name, member), each in known}
        case "list" if isinstance(value, list):
            return [fit(shape.member, each) for each in value]
        case "map" if isinstance(value, Mapping):
            return {key: fit(shape.value, each) for key, each in value.items()}
        case "boolean":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "string":
            return text_of(value)
    return value


def text_of(value: Any) -> str:
    """Return a value as a text: a map or a list as JSON, ``true`` for True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
