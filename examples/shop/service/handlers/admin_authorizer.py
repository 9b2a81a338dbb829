"""Lets the shop's own people in: who sends ``Bearer`` and the admins' token.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A policy over all of the admin side, for API Gateway keeps it for every other method that is called with it."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    digest = hashlib.sha256(token.encode(errors="replace")).hexdigest()
    known = hmac.compare_digest(digest, os.environ["ADMIN_TOKEN_SHA256"])
    stage = "/".join(event["methodArn"].split("/")[:2])
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if known else "Deny",
        "Resource": f"{stage}/*/admin/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "admin" if known else "nobody", "policyDocument": document}
