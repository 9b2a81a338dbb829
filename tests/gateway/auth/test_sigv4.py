"""Signatures are checked against those of botocore, which signs independently, and of AWS's documentation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.gateway.auth import sigv4
from homeport.gateway.auth.sigv4 import SignatureError, check_signature, read_signature, signed_headers
from homeport.gateway.http.message import Request
from tests.support.gateway import make_request

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-west-1"
HOST = "api.example.com:8080"
SIGNED = "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/execute-api/{}, SignedHeaders={}, Signature={}"


def by_botocore(
    target: str, method: str = "GET", body: bytes = b"", *, service: str = "execute-api", presigned: bool = False
) -> Request:
    """Return a request that botocore has signed now."""
    made = AWSRequest(method, f"http://{HOST}{target}", headers={"Host": HOST}, data=body)
    credentials: Any = BotocoreCredentials(KEY, SECRET)
    if presigned:
        SigV4QueryAuth(credentials, service, REGION, expires=60).add_auth(made)
    else:
        SigV4Auth(credentials, service, REGION).add_auth(made)
    url = urlsplit(str(made.url))
    sent = f"{url.path}?{url.query}" if url.query else url.path
    headers = [("Host", HOST), *((name, value) for name, value in made.headers.items() if name != "Host")]
    received = datetime.now(UTC).timestamp()
    return make_request(method=method, target=sent, headers=headers, body=body, received=received)


def check(request: Request, *, secret: str = SECRET, region: str = REGION, later: float = 0.0) -> None:
    check_signature(read_signature(request), request, secret, region, request.received + later)


TARGETS = [
    *("/", "/items", "/prod/items/", "/prod//items/./a/../b", "/a%20b", "/a+b", "/caf%C3%A9", "/a:b@c", "/~x", "/%2F"),
    *("/?b=2&a=1", "/?a=2&a=1", "/?a", "/?a=", "/?q=a%20b", "/?q=%2B", "/?q=a%2Fb", "/?k%20y=1", "/?x-y=_.~"),
]


@pytest.mark.parametrize("presigned", [False, True], ids=["header", "presigned"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_request_that_botocore_signs_is_accepted(target: str, presigned: bool) -> None:
    check(by_botocore(target, presigned=presigned))
    # botocore moves a body into the query of a presigned URL.
    check(by_botocore(target, "POST", b"" if presigned else b'{"a": 1}', presigned=presigned))


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(_TEXT, max_size=3), st.lists(st.tuples(_TEXT, _TEXT), max_size=3), st.binary(max_size=20))
def test_any_path_query_and_body_that_botocore_signs_is_accepted(
    path: list[str], query: list[tuple[str, str]], body: bytes
) -> None:
    encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    target = "/" + "/".join(quote(segment, safe="") for segment in path) + (f"?{encoded}" if encoded else "")
    check(by_botocore(target, "POST", body))


@pytest.mark.parametrize("target", TARGETS)
def test_own_signatures_are_botocores(target: str) -> None:
    theirs = by_botocore(target, "POST", b"body")
    stamp = theirs.header("x-amz-date")
    assert stamp is not None
    received = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    unsigned = replace(theirs, headers=(("Host", HOST),), received=received)
    headers = dict(signed_headers(unsigned, sigv4.AccessKey(KEY, SECRET, REGION)))
    assert headers["Authorization"] == theirs.header("authorization")
    assert headers["X-Amz-Date"] == stamp


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "DELETE"},
        {"target": "/items/2?a=1"},
        {"target": "/items/1?a=2"},
        {"target": "/items/1"},
        {"body": b"other"},
    ],
    ids=str,
)
def test_a_request_that_was_changed_after_it_was_signed_is_rejected(changed: dict[str, Any]) -> None:
    request = by_botocore("/items/1?a=1", "POST", b"body")
    with pytest.raises(SignatureError, match="signature we calculated") as caught:
        check(replace(request, **changed))
    assert caught.value.kind == "invalid"
    assert "canonical request" in caught.value.help


@pytest.mark.parametrize(("spelled", "order"), [("X-Amz-Date", 1), ("x-amz-DATE", -1), ("X-Amz-Date", -1)])
def test_names_of_headers_have_no_case_and_no_order(spelled: str, order: int) -> None:
    request = by_botocore("/items")
    headers = [(spelled if name == "X-Amz-Date" else name, value) for name, value in request.headers][::order]
    check(replace(request, headers=tuple(headers)))


def test_signed_header_that_was_changed_is_noticed_and_any_other_is_not() -> None:
    request = by_botocore("/items")
    check(replace(request, headers=(*request.headers, ("X-Other", "1"))))
    changed = tuple(
        ("Host", "evil.example.com") if name == "Host" else (name, value) for name, value in request.headers
    )
    with pytest.raises(SignatureError):
        check(replace(request, headers=changed))


def test_wrong_secret_is_told_as_aws_does() -> None:
    with pytest.raises(SignatureError) as caught:
        check(by_botocore("/items"), secret="wrong")
    assert str(caught.value) == (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )


def test_wrong_service_and_region_are_told_in_one_message() -> None:
    with pytest.raises(SignatureError) as caught:
        check(by_botocore("/items", service="apigateway"))
    assert str(caught.value) == "Credential should be scoped to correct service: 'execute-api'. "
    with pytest.raises(SignatureError) as caught:
        check(by_botocore("/items", service="s3"), region="us-east-1")
    assert str(caught.value) == (
        "Credential should be scoped to a valid region, not 'eu-west-1'. "
        "Credential should be scoped to correct service: 'execute-api'. "
    )


@pytest.mark.parametrize(("later", "accepted"), [(0, True), (299, True), (302, False), (-299, True), (-302, False)])
def test_clocks_may_differ_by_five_minutes(later: float, accepted: bool) -> None:
    request = by_botocore("/items")
    if accepted:
        check(request, later=later)
        return
    with pytest.raises(SignatureError) as caught:
        check(request, later=later)
    stamp = request.header("x-amz-date")
    began = (
        f"Signature expired: {stamp} is now earlier than " if later > 0 else f"Signature not yet current: {stamp} is"
    )
    assert str(caught.value).startswith(began)
    assert str(caught.value).endswith(" - 5 min.)" if later > 0 else " + 5 min.)")


@pytest.mark.parametrize(("later", "accepted"), [(58, True), (63, False)])
def test_presigned_url_lives_as_long_as_it_says(later: float, accepted: bool) -> None:
    request = by_botocore("/items", presigned=True)
    assert read_signature(request).expires == 60
    if accepted:
        check(request, later=later)
    else:
        with pytest.raises(SignatureError, match=r"^Signature expired"):
            check(request, later=later)


# The texts are those of transcripts: https://github.com/aws/aws-cdk/issues/21182 and others like it.
@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "Bearer sometoken",
            "'sometoken' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer sometoken'.",
        ),
        ("token", "'token' not a valid key=value pair (missing equal-sign) in Authorization header: 'token'."),
        (
            "a=b",
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=a=b",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=x",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            "Authorization=AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=x",
        ),
    ],
)
def test_header_that_is_no_signature_is_told_part_by_part(header: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        read_signature(make_request(headers=[("Authorization", header)]))
    assert (caught.value.kind, str(caught.value)) == ("incomplete", message)


@pytest.mark.parametrize(
    ("credential", "message"),
    [
        ("AKID", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got"),
        ("a/b/c/d/e/f", "Credential must have exactly 5 slash-delimited elements"),
    ],
)
def test_credential_has_five_parts(credential: str, message: str) -> None:
    header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=x"
    with pytest.raises(SignatureError) as caught:
        read_signature(make_request(headers=[("Authorization", header), ("X-Amz-Date", "20260101T000000Z")]))
    assert str(caught.value).startswith(message)


def test_request_without_a_signature_has_none() -> None:
    with pytest.raises(SignatureError) as caught:
        read_signature(make_request(target="/items?a=1"))
    assert (caught.value.kind, str(caught.value)) == ("missing", "Missing Authentication Token")


def test_query_with_a_part_of_a_signature_lacks_the_others() -> None:
    with pytest.raises(SignatureError, match="AWS query-string parameters must include 'X-Amz-Signature'") as caught:
        read_signature(make_request(target="/items?X-Amz-Algorithm=AWS4-HMAC-SHA256"))
    assert caught.value.kind == "incomplete"


@pytest.mark.parametrize(
    "broken",
    [
        {"X-Amz-Date": "yesterday"},
        {"X-Amz-Date": "20260230T000000Z"},
        {"Authorization": SIGNED.format("aws5", "host", "x")},
        {"Authorization": SIGNED.format("aws4_request", "", "ü")},
    ],
    ids=str,
)
def test_no_header_makes_the_check_itself_fail(broken: dict[str, str]) -> None:
    request = by_botocore("/items")
    headers = tuple((name, broken.get(name, value)) for name, value in request.headers)
    with pytest.raises(SignatureError):
        check(replace(request, headers=headers))


def test_documented_example_of_aws_has_its_signature() -> None:
    """The request to IAM by which AWS's documentation explains the signature, with its known result.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    headers = [
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("Host", "iam.amazonaws.com"),
        ("X-Amz-Date", "20150830T123600Z"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        ),
    ]
    request = make_request(target="/?Action=ListUsers&Version=2010-05-08", headers=headers)
    signature = read_signature(request)
    canonical = sigv4._canonical_request(signature, request, next(sigv4._canonical_queries(request)))
    assert sigv4._sign(canonical, signature, SECRET) == signature.value
