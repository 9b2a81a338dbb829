"""``x-amazon-apigateway-integration``: how an operation's integration is read, and what ``homeport check`` says of it.

The kit makes the Lambda proxy of an operation itself, so a document need not name it. An integration that is there
must say the same; every other type and setting is an error that names it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from homeport.project.integrations import FailingIntegration, Integration, LambdaProxy
from homeport.project.integrations.caching import NO_CACHE_KEY, CacheKey
from homeport.project.integrations.http_api import NO_MAPPINGS
from homeport.project.model import Stage
from homeport.project.names import did_you_mean
from homeport.project.openapi.extension_keys import INTEGRATION_SECTION
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.openapi.integrations.cache_key import read_cache_key
from homeport.project.openapi.integrations.custom_mapping import RestMethod
from homeport.project.openapi.integrations.http_api import is_http_backend, read_http_backend, read_mappings
from homeport.project.openapi.integrations.rest_api import (
    REST_KINDS,
    is_rest_backend,
    kind_of,
    mock_fault,
    proxy_fault,
    read_rest_integration,
    streams,
    unknown_part,
)
from homeport.project.source.cursor import Cursor, Diagnostics

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, in milliseconds. A REST API's may be raised
# beyond its default of 29,000.
_MIN_TIMEOUT = 50
_MAX_TIMEOUT = {"http": 30_000, "rest": 300_000}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
_MAX_STREAM_TIMEOUT = 900_000

# Recorded: mapping one of them makes every call of a REST API fail.
_FAILING_HEADERS = frozenset(
    ("authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding")
)
_HEADER = "integration.request.header."

_NOT_EMULATED = {
    "aws": "an HTTP API has no integrations of type aws",
    "http": "an HTTP API has no integrations of type http",
    "http_proxy": "HTTP proxy integrations are not emulated",
    "mock": "an HTTP API has no mock integrations",
}
_PROXY_KEYS_NOT_EMULATED = {
    "connectionId": ("VPC links are not emulated", "remove it"),
    "contentHandling": ("content conversion is not emulated", "remove it, and use binary media types"),
    "integrationSubtype": ("a REST API has no integrationSubtype", "set flavor: http, or write type: aws"),
    "tlsConfig": ("TLS settings of a backend have no meaning for a function", "remove it"),
}


def read_integration(
    operation: Cursor,
    flavor: Literal["http", "rest"],
    read_function: Callable[[], str | FailingIntegration | None],
    method: RestMethod,
) -> Integration | None:
    """Return the integration of an operation; None after an error, which is reported where it stands.

    ``read_function`` finds the operation's function and returns its name, what keeps the kit from calling it, or None
    after an error. It is for integrations that invoke a function. Types that are not emulated are left to
    ``check_integration``. ``method`` is what a REST API's integration can refer to.
    """
    cursor = written_integration(operation)
    if cursor is not None and flavor == "http" and is_http_backend(cursor):
        return read_http_backend(cursor, _read_timeout(cursor, flavor))
    if cursor is not None and flavor == "rest" and kind_of(cursor) in REST_KINDS:
        found = read_rest_integration(cursor, method, read_function, _read_timeout(cursor, flavor))
        if found is not None and (fault := mock_fault(found, method)):
            cursor.warning(f"{fault}: every call is answered with 500", "mend the integration")
        return found
    if cursor is not None and flavor == "rest" and (fault_at := proxy_fault(cursor)) is not None:
        place, message = fault_at
        place.error(message, "leave uri out: the kit makes it")
        return None
    function = read_function()
    if function is None or isinstance(function, FailingIntegration):
        return function
    if cursor is None:
        return LambdaProxy(function)
    return _lambda_proxy(function, cursor, flavor, _read_key(cursor, flavor, method))


def written_integration(operation: Cursor) -> Cursor | None:
    """Return the integration of an operation as it is written, None without one."""
    at = operation.at(INTEGRATION)
    cursor = at.resolve() if at.value is not None else None
    return cursor if cursor is not None and isinstance(cursor.value, dict) else None


def needs_function(operation: Cursor, flavor: Literal["http", "rest"]) -> bool:
    """Return whether the integration of an operation invokes a Lambda function."""
    cursor = written_integration(operation)
    if cursor is None:
        return True
    if flavor == "http":
        return not is_http_backend(cursor)
    return not is_rest_backend(cursor) and proxy_fault(cursor) is None


def read_template_integration(
    operation: Cursor,
    flavor: Literal["http", "rest"],
    read_function: Callable[[], str | FailingIntegration | None],
    method: RestMethod,
) -> Integration | None:
    """Return the integration of an operation of a template's API; None after an error.

    One that the kit can't do, or that fails on AWS too, is a ``FailingIntegration``: the other routes run.
    """
    cursor = written_integration(operation)
    if cursor is None:
        return FailingIntegration("a method without an integration is not deployed by API Gateway")
    kind = kind_of(cursor)
    if flavor == "http" and is_http_backend(cursor):
        return _template_http_backend(cursor)
    if flavor == "rest" and kind in REST_KINDS:
        own = cursor._replace(diagnostics=Diagnostics())
        found = read_rest_integration(own, method, read_function, _read_timeout(own, flavor))
        problems = own.diagnostics.all()
        cursor.diagnostics.add(*(problem for problem in problems if problem.severity == "warning"))
        errors = [problem for problem in problems if problem.severity == "error"]
        fault = mock_fault(found, method) if found is not None else ""
        reason = errors[0].message if errors else fault or unknown_part(found)
        if not reason and is_private(cursor):
            cursor.at("connectionType").warning("VPC links are not emulated: the URL is called from this machine")
        return FailingIntegration(reason) if reason else found
    if kind in _NOT_EMULATED:
        return FailingIntegration(_NOT_EMULATED[kind])
    if kind != "aws_proxy":
        cursor.error(f"an integration can't be of type {cursor.text('type')!r}", did_you_mean(kind, _NOT_EMULATED))
        return None
    if cursor.has("integrationSubtype"):
        return FailingIntegration("a REST API has no integrationSubtype")
    function = read_function()
    if function is None or isinstance(function, FailingIntegration):
        return function
    own = cursor._replace(diagnostics=Diagnostics())
    _check_lambda_settings(own, flavor)
    key = _read_key(own, flavor, method)
    _add_warnings(cursor, own)
    if flavor == "http" and _read_payload_format(cursor, flavor) is None:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
        place = cursor.at("payloadFormatVersion") if cursor.has("payloadFormatVersion") else cursor
        place.warning(
            "an HTTP API is not deployed without a payloadFormatVersion, which is 2.0 here", "write 1.0 or 2.0"
        )
    return _lambda_proxy(function, cursor, flavor, key)


def _read_key(cursor: Cursor, flavor: Literal["http", "rest"], method: RestMethod) -> CacheKey:
    return read_cache_key(cursor, method.declares) if flavor == "rest" else NO_CACHE_KEY


def _template_http_backend(cursor: Cursor) -> Integration | None:
    """Return a template's integration with another backend than a function, or why API Gateway refuses it."""
    own = cursor._replace(diagnostics=Diagnostics())
    _check_connection(own)
    _check_streaming(own)
    found = read_http_backend(own, _read_timeout(own, "http"))
    errors = [problem for problem in own.diagnostics.all() if problem.severity == "error"]
    if not errors:
        return found
    _add_warnings(cursor, own)
    return FailingIntegration(errors[0].message)


def _add_warnings(cursor: Cursor, own: Cursor) -> None:
    for problem in own.diagnostics.all():
        cursor.diagnostics.add(replace(problem, severity="warning", hint=""))


def _lambda_proxy(function: str, cursor: Cursor, flavor: Literal["http", "rest"], key: CacheKey) -> LambdaProxy:
    faults = [message for _, message in faults_of(cursor)] if flavor == "rest" else []
    fault = faults[0] if faults else ""
    mappings = read_mappings(cursor) if flavor == "http" else NO_MAPPINGS
    return LambdaProxy(
        function,
        _read_timeout(cursor, flavor),
        fault,
        _read_payload_format(cursor, flavor),
        mappings,
        streams=flavor == "rest" and streams(cursor),
        cache_key=key,
    )


def _read_timeout(cursor: Cursor, flavor: Literal["http", "rest"]) -> float | None:
    longest = _MAX_STREAM_TIMEOUT if flavor == "rest" and streams(cursor) else _MAX_TIMEOUT[flavor]
    milliseconds = cursor.integer("timeoutInMillis", _MIN_TIMEOUT, longest, "milliseconds")
    return None if milliseconds is None else milliseconds / 1000


def _read_payload_format(cursor: Cursor, flavor: Literal["http", "rest"]) -> Literal["1.0", "2.0"] | None:
    # Without quotes the version is a number to YAML.
    version = str(cursor.at("payloadFormatVersion").value)
    if flavor == "rest" or version not in ("1.0", "2.0"):
        return None
    return "1.0" if version == "1.0" else "2.0"


def faults_of(integration: Cursor) -> list[tuple[Cursor, str]]:
    """Return each setting that makes every call of a REST API's Lambda proxy fail, with the reason."""
    found = []
    method = integration.at("httpMethod")
    if isinstance(method.value, str) and method.value.upper() != "POST":
        found.append((method, f"Lambda is invoked with POST: with {method.value} every call fails with 500"))
    mapped = integration.at("requestParameters")
    for name, entry in mapped.items():
        header = name.removeprefix(_HEADER).lower()
        if name.startswith(_HEADER) and header in _FAILING_HEADERS:
            found.append((entry, f"mapping the header {header} makes every call fail with 500"))
    return found


def check_integration(cursor: Cursor, stage: Stage) -> None:
    """Report the type of an integration if it is not emulated, and each setting that is not."""
    kind = cursor.text("type").lower()
    if stage.flavor == "http" and is_http_backend(cursor):
        INTEGRATION_SECTION.check_names(cursor)
        _check_connection(cursor)
        _check_streaming(cursor)
    elif stage.flavor == "rest" and kind in REST_KINDS:
        INTEGRATION_SECTION.check_names(cursor)
        _check_not_emulated(cursor, ("connectionId", "tlsConfig"))
    elif kind in _NOT_EMULATED:
        preflight = kind == "mock" and "options" in cursor.path
        hint = "remove the operation: x-amazon-apigateway-cors answers preflight"
        if not preflight:
            hint = "leave the integration out: the kit makes it, a Lambda proxy"
        cursor.at("type").error(_NOT_EMULATED[kind], hint)
    elif kind == "aws_proxy":
        _check_lambda_proxy(cursor, stage)
    else:
        cursor.error(f"an integration can't be of type {cursor.text('type')!r}", did_you_mean(kind, ("aws_proxy",)))


def _check_lambda_proxy(cursor: Cursor, stage: Stage) -> None:
    INTEGRATION_SECTION.check_names(cursor)
    _check_lambda_settings(cursor, stage.flavor)
    _check_payload_format(cursor, stage)


def _check_not_emulated(cursor: Cursor, keys: Iterable[str]) -> None:
    for key in keys:
        if cursor.has(key) and cursor.value[key]:
            message, hint = _PROXY_KEYS_NOT_EMULATED[key]
            cursor.at(key).error(message, hint)
    _check_connection(cursor)


def _check_lambda_settings(cursor: Cursor, flavor: Literal["http", "rest"]) -> None:
    _check_not_emulated(cursor, _PROXY_KEYS_NOT_EMULATED)
    if flavor == "http":
        _check_streaming(cursor)
        if cursor.has("cacheKeyParameters"):
            cursor.at("cacheKeyParameters").error("an HTTP API caches no responses", "remove it, or set flavor: rest")
    _check_parameters(cursor, flavor)


def _check_streaming(cursor: Cursor) -> None:
    if streams(cursor):
        cursor.at("responseTransferMode").error("an HTTP API streams no responses", "remove it, or set flavor: rest")


def is_private(integration: Cursor) -> bool:
    """Return whether an integration leads through a VPC link."""
    return integration.text("connectionType", "INTERNET").upper() != "INTERNET"


def _check_connection(cursor: Cursor) -> None:
    if is_private(cursor):
        cursor.at("connectionType").error("VPC links are not emulated", "remove it")


def _check_payload_format(cursor: Cursor, stage: Stage) -> None:
    at = cursor.at("payloadFormatVersion")
    if at.value is not None and stage.flavor == "http" and str(at.value) != stage.payload_format:
        at.error(
            f"payloadFormatVersion is {at.value} here and {stage.payload_format} in stage {stage.key!r}",
            "set payloadFormat in deploy/stages.yaml",
        )


def _check_parameters(cursor: Cursor, flavor: Literal["http", "rest"]) -> None:
    if flavor == "rest" and cursor.has("responseParameters"):
        cursor.at("responseParameters").error(
            "parameter mapping is not emulated", "remove it, and do it in the function"
        )
