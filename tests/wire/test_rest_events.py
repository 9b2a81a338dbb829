"""REST APIs over a plain socket: resources, stages and events as recorded from AWS."""

from __future__ import annotations

import pytest

from tests.support.made_project import Made, Route
from tests.wire.conftest import Serve, Served


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    routes = (
        Route("ANY", "/{proxy+}"),
        Route("POST", "/test"),
        Route("ANY", "/test/any"),
        Route("ANY", "/hardcoded"),
        Route("GET", "/users/{username}/orders/{orderName}"),
        Route("GET", "/"),
    )
    return serve(Made(routes, flavor="rest", stage_name="test", stage={"variables": {"color": "blue"}}))


@pytest.fixture(scope="module")
def lone(serve: Serve) -> Served:
    """Without a resource that takes whatever is left."""
    return serve(Made((Route("POST", "/test"), Route("GET", "/deep/er/{x}")), flavor="rest", stage_name="test"))


@pytest.mark.parametrize(
    ("method", "target", "resource", "path", "context_path", "parameters"),
    [
        ("GET", "/test/a/b", "/{proxy+}", "/a/b", "/test/a/b", {"proxy": "a/b"}),
        ("GET", "/test/a/b/", "/{proxy+}", "/a/b/", "/test/a/b/", {"proxy": "a/b"}),
        ("GET", "//test/a", "/{proxy+}", "/a", "/test/a", {"proxy": "a"}),
        ("GET", "/test//hardcoded", "/hardcoded", "/hardcoded", "/test//hardcoded", None),
        ("GET", "/test/a//b", "/{proxy+}", "/a//b", "/test/a//b", {"proxy": "a//b"}),
        ("GET", "/test", "/", "/", "/test", None),
        ("GET", "/test/", "/", "/", "/test/", None),
        ("POST", "/test/test", "/test", "/test", "/test/test", None),
        ("GET", "/test/test", "/{proxy+}", "/test", "/test/test", {"proxy": "test"}),
        ("PATCH", "/test/test/any", "/test/any", "/test/any", "/test/test/any", None),
        (
            "GET",
            "/test/hardcoded/more",
            "/{proxy+}",
            "/hardcoded/more",
            "/test/hardcoded/more",
            {"proxy": "hardcoded/more"},
        ),
        (
            "GET",
            "/test/u/test%2Balias@gmail.com/plus/test+alias@gmail.com",
            "/{proxy+}",
            "/u/test%2Balias@gmail.com/plus/test+alias@gmail.com",
            "/test/u/test%2Balias@gmail.com/plus/test+alias@gmail.com",
            {"proxy": "u/test%2Balias@gmail.com/plus/test+alias@gmail.com"},
        ),
        (
            "GET",
            "/test/users/%E2%98%95%20Coffee/orders/%F0%9F%98%8A%2F",
            "/users/{username}/orders/{orderName}",
            "/users/%E2%98%95%20Coffee/orders/%F0%9F%98%8A%2F",
            "/test/users/%E2%98%95%20Coffee/orders/%F0%9F%98%8A%2F",
            {"username": "%E2%98%95%20Coffee", "orderName": "%F0%9F%98%8A%2F"},
        ),
    ],
)
def test_a_request_finds_its_resource(
    api: Served,
    method: str,
    target: str,
    resource: str,
    path: str,
    context_path: str,
    parameters: dict[str, str] | None,
) -> None:
    event = api.ask(method, target).json()
    context = event["requestContext"]
    assert (event["resource"], event["path"], event["pathParameters"]) == (resource, path, parameters)
    assert (context["resourcePath"], context["path"]) == (resource, context_path)


@pytest.mark.parametrize(
    ("query", "multi"),
    [
        ("a=1&b=2;c=3", {"a": ["1"], "b": ["2"], "c": ["3"]}),
        ("a=1&a=2&a=", {"a": ["1", "2", ""]}),
        (
            "redirect=https%3A%2F%2Fe.com%2Fa&plus=a+b&enc=a%2Bb",
            {"redirect": ["https://e.com/a"], "plus": ["a b"], "enc": ["a+b"]},
        ),
        (
            "when=2023-06-12T18:05:10.123456+00:00&m=t%2Ba@g.com",
            {"when": ["2023-06-12T18:05:10.123456 00:00"], "m": ["t+a@g.com"]},
        ),
        ("flag", {"flag": [""]}),
        ("%C3%A9=%E2%98%95", {"é": ["☕"]}),
    ],
)
def test_a_query_is_form_decoded(api: Served, query: str, multi: dict[str, list[str]]) -> None:
    event = api.ask("GET", f"/test/x?{query}").json()
    assert event["multiValueQueryStringParameters"] == multi
    assert event["queryStringParameters"] == {name: values[-1] for name, values in multi.items()}


def test_request_headers_keep_their_case_and_lose_these(api: Served) -> None:
    dropped = ("Content-MD5", "Max-Forwards", "Proxy-Authenticate", "Server", "TE", "Trailer", "Upgrade")
    kept = ("Age", "Content-Encoding", "date", "Pragma", "Range", "Referer", "Warn", "accept", "cookie", "tEsT-HEADeR")
    headers = [(name, "1") for name in (*dropped, "WWW-Authenticate", *kept)]
    headers += [("authorization", "random-value"), ("uSER-agent", "x"), ("X-Twice", "1"), ("x-twice", "2")]
    event = api.ask("GET", "/test/x", [*headers, ("Connection", "close")]).json()
    own = {*kept, "Authorization", "User-Agent", "X-Twice"}
    added = {"Host", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"}
    assert set(event["headers"]) == own | added
    assert event["multiValueHeaders"]["X-Twice"] == ["1", "2"]
    assert event["headers"]["X-Twice"] == "2"


def test_a_signature_of_aws_is_kept_from_the_function(api: Served) -> None:
    signature = "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y"
    event = api.ask("GET", "/test/x", [("Authorization", signature)]).json()
    assert "Authorization" not in event["headers"]


def test_all_twelve_keys_are_there_whatever_the_request_lacks(api: Served) -> None:
    event = api.ask("GET", "/test/x").json()
    assert list(event) == [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]
    assert (event["body"], event["queryStringParameters"], event["stageVariables"]) == (None, None, {"color": "blue"})
    assert sorted(event["requestContext"]) == [
        "accountId",
        "apiId",
        "deploymentId",
        "domainName",
        "domainPrefix",
        "extendedRequestId",
        "httpMethod",
        "identity",
        "path",
        "protocol",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "stage",
    ]
    assert len(event["requestContext"]["identity"]) == 12


@pytest.mark.parametrize("target", ["/", "/x", "/prod/test", "/testing/test", "/Test/test"])
def test_an_unknown_stage_is_forbidden(lone: Served, target: str) -> None:
    reply = lone.ask("POST", target)
    assert (reply.status, reply.body) == (403, b'{"message":"Forbidden"}')
    assert reply.header("x-amzn-ErrorType") == "ForbiddenException"
    assert not reply.values("X-Amzn-Trace-Id") and not reply.values("Apigw-Requestid")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/test/test"),
        ("OPTIONS", "/test/test"),
        ("HEAD", "/test/test"),
        ("POST", "/test"),
        ("POST", "/test/other"),
        ("GET", "/test/deep"),
        ("GET", "/test/deep/er"),
        ("GET", "/test/deep/er/1/2"),
        ("TRACE", "/test/test"),
    ],
)
def test_an_unknown_path_or_method_is_a_missing_token(lone: Served, method: str, target: str) -> None:
    reply = lone.ask(method, target)
    assert reply.status == 403
    assert reply.body == (b"" if method == "HEAD" else b'{"message":"Missing Authentication Token"}')
    assert reply.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"
    assert reply.header("Content-Type") == "application/json"
