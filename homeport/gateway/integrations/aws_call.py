"""Calls of AWS services for integrations: signed as the SDKs sign them, and sent to where the service runs here.

Nothing is sent to AWS: a service that has no endpoint on this machine, and none of the owner's, is not called.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

import time
from collections.abc import Callable

from homeport.gateway.backend_request import BackendRequest, ServiceRequest
from homeport.gateway.context import CallTrace
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.integrations.backend import call_backend
from homeport.http_client import HttpResponse
from homeport.runtime.function_config import LOCAL_CREDENTIALS

ServiceUrl = Callable[[str], str | None]
"""Returns the base URL of a service by IAM's name of it (``sqs``), None where it does not run."""


def no_service(service: str) -> None:
    """Return that no service runs."""


def call_service(request: ServiceRequest, url_of: ServiceUrl, timeout: float, trace: CallTrace) -> HttpResponse:
    """Sign a request, send it and return the response. ``timeout`` is seconds.

    Raises GatewayError: INTEGRATION_FAILURE for a service that does not run, and as ``call_backend`` does.
    """
    url = url_of(request.service)
    if url is None:
        reason = f"{request.service} does not run here: the integration can't call it"
        raise GatewayError(GatewayResponseType.INTEGRATION_FAILURE, reason)
    response = call_backend(_sign(request, url.rstrip("/")), timeout, trace)
    if trace.notes is not None:
        trace.notes.service = (request, response, time.time())
    return response


def _sign(request: ServiceRequest, url: str) -> BackendRequest:
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signed = AWSRequest(request.method, url + request.target, dict(request.headers), request.body)
    credentials = Credentials(LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"], LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    signer = S3SigV4Auth if request.service == "s3" else SigV4Auth
    signer(credentials, request.service, request.region).add_auth(signed)
    length = (("Content-Length", str(len(request.body))),) if request.body else ()
    return BackendRequest(url, request.method, request.target, (*signed.headers.items(), *length), request.body)
