"""The ``$context`` variables of access log formats, by flavor, and what is wrong with a format.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from homeport.project.names import nearest

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)")
"""A variable in a format; its name is the group."""

LARGEST_FORMAT = 3 * 1024
"""Bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""

_BOTH = """
    accountId apiId authorizer.error authorizer.principalId awsEndpointRequestId awsEndpointRequestId2
    customDomain.basePathMatched domainName domainPrefix error.message error.messageString error.responseType
    extendedRequestId httpMethod identity.accountId identity.caller identity.clientCert.clientCertPem
    identity.clientCert.issuerDN identity.clientCert.serialNumber identity.clientCert.subjectDN
    identity.clientCert.validity.notAfter identity.clientCert.validity.notBefore
    identity.cognitoAuthenticationProvider identity.cognitoAuthenticationType identity.cognitoIdentityId
    identity.cognitoIdentityPoolId identity.principalOrgId identity.sourceIp identity.user identity.userAgent
    identity.userArn integration.error integration.integrationStatus integration.latency integration.requestId
    integration.status integrationErrorMessage integrationLatency integrationStatus path protocol requestId
    requestTime requestTimeEpoch responseLatency responseLength stage status
"""
_HTTP = "dataProcessed routeKey"
_REST = """
    authenticate.error authenticate.latency authenticate.status authorize.error authorize.latency authorize.status
    authorizer.integrationLatency authorizer.integrationStatus authorizer.latency authorizer.requestId
    authorizer.status cipherSuite customDomain.routingRuleIdMatched deploymentId endpointType
    error.validationErrorString identity.apiKey identity.apiKeyId identity.vpcId identity.vpceId
    integration.responseTransferMode integration.timeToAllHeaders integration.timeToFirstContent isCanaryRequest
    resourceId resourcePath tlsVersion waf.error waf.latency waf.status wafResponseCode webaclArn xrayTraceId
"""

LOG_VARIABLES: Mapping[Literal["http", "rest"], frozenset[str]] = {
    "http": frozenset(f"{_BOTH} {_HTTP}".split()),
    "rest": frozenset(f"{_BOTH} {_REST}".split()),
}
"""Names without ``$context.``. Anything may follow ``authorizer.``: claims and an authorizer's own values."""

_DEFAULT = {
    "http": "requestId identity.sourceIp requestTime httpMethod routeKey status protocol responseLength responseLatency"
    " integrationLatency integrationErrorMessage",
    "rest": "requestId extendedRequestId identity.sourceIp requestTime httpMethod resourcePath status protocol"
    " responseLength responseLatency integrationLatency error.message",
}


def log_format(setting: Mapping[str, Any], flavor: Literal["http", "rest"]) -> str:
    """The format of a stage's ``accessLog``: text as it is, a map as one line of JSON, else our own JSON."""
    layout = setting.get("format")
    if isinstance(layout, str):
        return layout
    if layout is None:
        layout = {name.rpartition(".")[2]: f"$context.{name}" for name in _DEFAULT[flavor].split()}
    return json.dumps(layout, ensure_ascii=False)


def log_format_faults(text: str, flavor: Literal["http", "rest"]) -> list[tuple[str, str]]:
    """What API Gateway would refuse or print as ``-``: messages and hints."""
    known = LOG_VARIABLES[flavor]
    used = list(dict.fromkeys(VARIABLE.findall(text)))
    faults = [
        (f"an access log of this kind of API has no $context.{name}", _instead(nearest(name, known)))
        for name in used
        if name not in known and not name.startswith("authorizer.")
    ]
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html, of REST APIs.
    if flavor == "rest" and "requestId" not in used and "extendedRequestId" not in used:
        faults.append(("an access log's format needs the request's id", "add $context.requestId"))
    if "\n" in text.strip():
        faults.append(("an access log's format must be one line", "join its lines"))
    if len(text.encode()) > LARGEST_FORMAT:
        faults.append((f"an access log's format may have {LARGEST_FORMAT} bytes", "shorten it"))
    return faults


def _instead(name: str | None) -> str:
    return f"did you mean $context.{name}?" if name else "remove it"
