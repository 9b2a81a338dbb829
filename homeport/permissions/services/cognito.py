"""Cognito user pools. What users do for themselves is unsigned, or carries their token: IAM has no say in it.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission
from .place import ServicePlace

_OF_USERS = frozenset(
    (
        *("AssociateSoftwareToken", "ChangePassword", "CompleteWebAuthnRegistration", "ConfirmDevice"),
        *("ConfirmForgotPassword", "ConfirmSignUp", "DeleteUser", "DeleteUserAttributes", "DeleteWebAuthnCredential"),
        *("ForgetDevice", "ForgotPassword", "GetDevice", "GetTokensFromRefreshToken", "GetUser"),
        *("GetUserAttributeVerificationCode", "GetUserAuthFactors", "GlobalSignOut", "InitiateAuth", "ListDevices"),
        *("ListWebAuthnCredentials", "ResendConfirmationCode", "RespondToAuthChallenge", "RevokeToken"),
        *("SetUserMFAPreference", "SetUserSettings", "SignUp", "StartWebAuthnRegistration", "UpdateDeviceStatus"),
        *("UpdateUserAttributes", "VerifySoftwareToken", "VerifyUserAttribute"),
    )
)


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to Cognito user pools."""
    if operation in _OF_USERS:
        return
    pool = parameters.get("UserPoolId")
    arn = place.arn("cognito-idp", f"userpool/{pool}") if pool else str(parameters.get("ResourceArn") or ANY)
    yield ServicePermission(f"cognito-idp:{operation}", arn)
