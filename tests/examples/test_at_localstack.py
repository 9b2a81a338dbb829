"""The orders at LocalStack: its own tests, with DynamoDB and every other service there (``make test-localstack``)."""

from __future__ import annotations

import os
from http.client import HTTPException
from urllib.parse import urlsplit

import pytest

from homeport.http_client import send_request
from tests.support.examples import own_tests

pytestmark = pytest.mark.slow
VARIABLE = "LOCALSTACK_URL"
SERVICES = ("dynamodb", "s3", "sqs", "events")


def reason_against(url: str) -> str:
    """Return why the tests can't use the LocalStack at a URL, an empty text if they can."""
    how = f"start LocalStack with SERVICES={','.join(SERVICES)}, then make test-localstack URL=http://127.0.0.1:4566"
    if not url:
        return f"LocalStack is not at hand: {VARIABLE} is not set; {how}"
    place = urlsplit(url)
    if place.scheme != "http" or not place.hostname:
        return f"{url!r} is no URL of LocalStack; {how}"
    try:
        answer = send_request(url, "GET", "/_localstack/health", (), b"", timeout=5)
    except (OSError, HTTPException) as error:
        return f"no LocalStack answers at {url} ({error}); {how}"
    return "" if answer.status == 200 else f"{url} is not LocalStack: {answer.status}; {how}"


@pytest.mark.parametrize("url", ["", "nowhere", "http://127.0.0.1:1"])
def test_absence_of_localstack_is_explained(url: str) -> None:
    assert "make test-localstack" in reason_against(url)


def test_orders_pass_their_own_tests_at_localstack() -> None:
    url = os.environ.get(VARIABLE, "")
    if reason := reason_against(url):
        pytest.skip(reason)
    done = own_tests("orders", f"--homeport-aws-url={url}")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
