"""``homeport dev --tls``: the API, its custom domain and the kit's own clients over HTTPS."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from urllib.parse import urlsplit

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.commands import homeport
from tests.support.project import write_files
from tests.support.waiting import wait_until

FILES = {
    "openapi.yaml": """
openapi: 3.0.1
info: {title: seen, version: "1"}
paths:
  /seen:
    get:
      operationId: getSeen
      responses: {"200": {description: what the function sees}}
""",
    "deploy/stages.yaml": "stages: {local: {domain: {name: api.localhost, basePath: shop/v1}}}\n",
    "service/handlers/get_seen.py": """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
""",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = tmp_path_factory.mktemp("seen")
    write_files(root, FILES)
    # The kit's own certificate folder is this user's.
    with running_stack(root, ("--no-data", "--tls", "--inspected"), state=root / ".homeport") as stack:
        yield stack


def get(stack: Stack, host: str, path: str) -> dict[str, object]:
    from homeport.http_client import local_certificates

    context = ssl.create_default_context()
    for file in local_certificates():
        context.load_verify_locations(file)
    connection = HTTPSConnection("127.0.0.1", urlsplit(stack.url).port, context=context, timeout=60)
    connection.request("GET", path, headers={"Host": host})
    event = json.loads(connection.getresponse().read())
    connection.close()
    assert isinstance(event, dict)
    return event


def test_addresses_are_those_of_https(stack: Stack) -> None:
    port = urlsplit(stack.url).port
    assert stack.url == f"https://127.0.0.1:{port}"
    assert f"\ndomain https://api.localhost:{port}/shop/v1\n" in stack.read_output()


def test_custom_domain_and_its_base_path_reach_the_function(stack: Stack) -> None:
    event = get(stack, "api.localhost", "/shop/v1/seen")
    context = event["requestContext"]
    assert isinstance(context, dict)
    assert (context["domainName"], event["rawPath"]) == ("api.localhost", "/seen")


def test_own_commands_trust_the_certificate(stack: Stack) -> None:
    root = stack.state.parent
    answered = homeport(root, "curl", "GET", "/seen")
    assert json.loads(answered.stdout)["headers"]["x-forwarded-proto"] == "https"

    def recorded() -> bool:
        return f"{stack.url}/seen" in homeport(root, "export", "--har").stdout

    wait_until(recorded)
