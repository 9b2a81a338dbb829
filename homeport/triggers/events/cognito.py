"""Events of the Lambda triggers of Cognito user pools.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRIGGER_SOURCES: Mapping[str, str] = {
    "PreSignUp": "PreSignUp_SignUp",
    "PostConfirmation": "PostConfirmation_ConfirmSignUp",
    "PreAuthentication": "PreAuthentication_Authentication",
    "PostAuthentication": "PostAuthentication_Authentication",
    "PreTokenGeneration": "TokenGeneration_Authentication",
    "CustomMessage": "CustomMessage_SignUp",
    "UserMigration": "UserMigration_Authentication",
    "DefineAuthChallenge": "DefineAuthChallenge_Authentication",
    "CreateAuthChallenge": "CreateAuthChallenge_Authentication",
    "VerifyAuthChallengeResponse": "VerifyAuthChallengeResponse_Authentication",
}
"""The most usual ``triggerSource`` of each trigger, by its name in ``LambdaConfig``."""


@dataclass(frozen=True, slots=True)
class PoolUser:
    """A user of a pool, and the client that a request came from."""

    pool: str
    region: str
    client: str
    name: str
    attributes: Mapping[str, str]
    sdk: str = "aws-sdk-unknown-unknown"


def cognito_event(trigger: str, user: PoolUser) -> dict[str, Any]:
    """Return the event of a trigger (``PreSignUp``) as it reaches the function: with a response to fill in."""
    request, response = _PARTS[trigger](user)
    return {
        "version": "1",
        "region": user.region,
        "userPoolId": user.pool,
        "userName": user.name,
        "callerContext": {"awsSdkVersion": user.sdk, "clientId": user.client},
        "triggerSource": TRIGGER_SOURCES[trigger],
        "request": request,
        "response": response,
    }


_Parts = tuple[dict[str, Any], dict[str, Any]]


def _attributes(user: PoolUser) -> dict[str, Any]:
    return {"userAttributes": dict(user.attributes)}


def _confirmed_attributes(user: PoolUser) -> dict[str, Any]:
    return {"userAttributes": {"cognito:user_status": "CONFIRMED", **user.attributes}}


def _pre_sign_up(user: PoolUser) -> _Parts:
    request = {**_attributes(user), "validationData": None}
    return request, {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}


def _post_confirmation(user: PoolUser) -> _Parts:
    return _confirmed_attributes(user), {}


def _pre_authentication(user: PoolUser) -> _Parts:
    return {**_confirmed_attributes(user), "validationData": None, "userNotFound": False}, {}


def _post_authentication(user: PoolUser) -> _Parts:
    return {**_confirmed_attributes(user), "newDeviceUsed": False}, {}


def _pre_token_generation(user: PoolUser) -> _Parts:
    groups: dict[str, Any] = {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}
    return {**_confirmed_attributes(user), "groupConfiguration": groups}, {"claimsOverrideDetails": None}


def _custom_message(user: PoolUser) -> _Parts:
    request = {
        **_attributes(user),
        "codeParameter": "{####}",
        "linkParameter": "{##Click Here##}",
        "usernameParameter": None,
    }
    return request, {"smsMessage": None, "emailMessage": None, "emailSubject": None}


def _user_migration(user: PoolUser) -> _Parts:
    response = {
        "userAttributes": None,
        "forceAliasCreation": None,
        "finalUserStatus": None,
        "messageAction": None,
        "desiredDeliveryMediums": None,
    }
    return {"password": "Secret-123", "validationData": None, "userNotFound": True}, response


def _define_challenge(user: PoolUser) -> _Parts:
    response = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    return {**_attributes(user), "session": [], "userNotFound": False}, response


def _create_challenge(user: PoolUser) -> _Parts:
    request = {**_attributes(user), "challengeName": "CUSTOM_CHALLENGE", "session": [], "userNotFound": False}
    return request, {
        "publicChallengeParameters": None,
        "privateChallengeParameters": None,
        "challengeMetadata": None,
    }


def _verify_challenge(user: PoolUser) -> _Parts:
    request = {
        **_attributes(user),
        "privateChallengeParameters": {"answer": "5"},
        "challengeAnswer": "5",
        "userNotFound": False,
    }
    return request, {"answerCorrect": None}


_PARTS = {
    "PreSignUp": _pre_sign_up,
    "PostConfirmation": _post_confirmation,
    "PreAuthentication": _pre_authentication,
    "PostAuthentication": _post_authentication,
    "PreTokenGeneration": _pre_token_generation,
    "CustomMessage": _custom_message,
    "UserMigration": _user_migration,
    "DefineAuthChallenge": _define_challenge,
    "CreateAuthChallenge": _create_challenge,
    "VerifyAuthChallengeResponse": _verify_challenge,
}
