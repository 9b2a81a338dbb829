"""Authorizers: JWT, Cognito and Lambda authorizers decide whether a caller may use a route.

``../steps/authorize.py`` builds one for each protected operation and calls it with the exchange; it returns an
``Authorization`` or raises ``GatewayError``. Read ``token_authorizers.py`` first for JWT and Cognito (``jwt.py`` checks
a token, ``keys.py`` finds the issuer's keys) and ``lambda_authorizer.py`` for Lambda authorizers
(``authorizer_response.py`` reads their responses, ``policy.py`` decides by their policies). ``identity.py``
reads identity sources for all. ``iam.py`` authorizes requests that are signed (``sigv4.py``); ``resource_policy.py`` is
the policy that a REST API itself has. ``homeport/permissions`` evaluates all policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorizer's result for one call.

    ``values`` are the claims (``jwt``, ``cognito``), the Lambda authorizer's context (``lambda``), or the caller's
    identity as an HTTP API's event has it (``iam``). ``scopes`` are those that the route asks for and the token has,
    None where the route asks for none. ``principal_id`` is the policy's principal. ``latency`` is the authorizer
    call's, in milliseconds. ``usage_identifier_key`` is the API key that a Lambda authorizer named, for APIs whose key
    source is AUTHORIZER.
    """

    kind: Literal["jwt", "cognito", "lambda", "iam"]
    values: Mapping[str, Any]
    scopes: tuple[str, ...] | None = None
    principal_id: str | None = None
    latency: int = 0
    usage_identifier_key: str | None = None
