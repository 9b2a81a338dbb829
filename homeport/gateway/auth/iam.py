"""Authorization of type AWS_IAM: the signature of a call, and what the policies of its caller and of the API say.

https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from homeport.gateway.auth import Authorization
from homeport.gateway.auth.policy import INVALIDATE, INVOKE
from homeport.gateway.auth.resource_policy import ApiPolicy, access_denied, access_request, local_resource
from homeport.gateway.auth.sigv4 import AccessKey, Signature, SignatureError, check_signature, read_signature
from homeport.gateway.context import Deployment, Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.permissions.decision import PolicySet
from homeport.permissions.patterns import Context
from homeport.permissions.policy import AccessRequest, Policy, PolicyStatement
from homeport.permissions.principals import Principal
from homeport.project.model import IamCaller

_VARIABLE = re.compile(r"\{[^{}]+\}")
_TYPES = {
    "missing": GatewayResponseType.MISSING_SIGNATURE,
    "incomplete": GatewayResponseType.INCOMPLETE_SIGNATURE,
    "unknown": GatewayResponseType.UNKNOWN_ACCESS_KEY,
    "invalid": GatewayResponseType.INVALID_SIGNATURE,
}


@dataclass(frozen=True, slots=True)
class SignedCaller:
    """A caller of stages.yaml as IAM knows it: its user or session of a role, and the policy that it has.

    ``user_id`` is its id (``AIDA…``, ``AROA…:NAME``). ``token`` is that of temporary credentials.
    """

    user: Principal
    user_id: str
    name: str
    secret: str
    policy: Policy
    token: str = ""

    @property
    def keys(self) -> Context:
        """The condition keys of its requests.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-infotouse
        """
        role = self.user.role_arn
        return {
            "aws:principalaccount": [self.user.account],
            "aws:principalarn": [role or self.user.arn],
            "aws:principaltype": ["AssumedRole" if role else "User"],
            "aws:userid": [self.user_id],
            **({} if role else {"aws:username": [self.name]}),
        }


@dataclass(frozen=True, slots=True)
class IamAuthorizer:
    """Authorize the calls of a route with AWS_IAM. ``callers`` are by access key; ``policy`` is that of the API.

    ``clock`` gives seconds since the epoch.
    """

    callers: Mapping[str, SignedCaller]
    policy: ApiPolicy | None
    deployment: Deployment
    clock: Callable[[], float]

    def __call__(self, exchange: Exchange) -> Authorization:
        """Return the identity of the caller. Raises GatewayError."""
        try:
            signature = read_signature(exchange.request)
            caller = self._caller(signature)
            check_signature(signature, exchange.request, caller.secret, self.deployment.region, self.clock())
        except SignatureError as error:
            raise signature_error(error, self.deployment.flavor) from None
        policies = _policies(caller, self.policy, self.deployment)
        decision = policies.decide(access_request(exchange, caller.user, caller.keys))
        if not decision.allowed:
            raise access_denied(exchange, decision, caller.user)
        return Authorization("iam", _identity(signature.access_key, caller))

    def _caller(self, signature: Signature) -> SignedCaller:
        caller = self.callers.get(signature.access_key)
        if caller is None or not hmac.compare_digest(signature.token.encode("utf-8", "replace"), caller.token.encode()):
            known = ", ".join(sorted(self.callers)) or "none"
            message = "The security token included in the request is invalid."
            raise SignatureError(
                "unknown", message, f"the access keys of iam.callers in deploy/stages.yaml are: {known}"
            )
        return caller


def signed_callers(callers: Mapping[str, IamCaller], deployment: Deployment) -> dict[str, SignedCaller]:
    """Return the callers of a stage by their access keys."""
    return {caller.access_key_id: _signed_caller(caller, deployment) for caller in callers.values()}


def _signed_caller(caller: IamCaller, deployment: Deployment) -> SignedCaller:
    account = caller.account or deployment.account_id
    statements = [
        PolicyStatement(
            effect, (INVOKE.lower(),), tuple(local_resource(each, deployment) for each in resources), name=name
        )
        for effect, name, resources in (("Allow", "allow", caller.allow), ("Deny", "deny", caller.deny))
        if resources
    ]
    if caller.invalidate:
        resources = tuple(local_resource(each, deployment) for each in caller.invalidate)
        statements.append(PolicyStatement("Allow", (INVALIDATE.lower(),), resources, name="invalidate"))
    # As ids look: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    digest = hashlib.sha256(f"{account}/{caller.role or caller.name}".encode()).digest()
    unique = b32encode(digest).decode()[:17]
    session, user = f"sts::{account}:assumed-role/{caller.role}/{caller.name}", f"iam::{account}:user/{caller.name}"
    return SignedCaller(
        user=Principal(f"arn:aws:{session if caller.role else user}"),
        user_id=f"AROA{unique}:{caller.name}" if caller.role else f"AIDA{unique}",
        name=caller.name,
        token=caller.session_token,
        secret=caller.secret_access_key,
        policy=Policy.of(statements),
    )


def access_key_of(caller: IamCaller, region: str) -> AccessKey:
    """Return the credentials with which a caller signs requests to a region."""
    return AccessKey(caller.access_key_id, caller.secret_access_key, region, caller.session_token)


def callers_of(
    callers: Mapping[str, IamCaller], deployment: Deployment, method: str, path: str
) -> tuple[IamCaller, ...]:
    """Return the callers whose own policies let them call a route, in their order; ``path`` may have variables."""
    arn = f"{deployment.execute_arn}/{'GET' if method == 'ANY' else method}{_VARIABLE.sub('0', path)}"
    known = signed_callers(callers, deployment)
    return tuple(
        caller
        for caller in callers.values()
        if (one := known[caller.access_key_id])
        and PolicySet(identity=one.policy).decide(AccessRequest(INVOKE, arn, one.keys, one.user)).allowed
    )


def cache_invalidator(
    callers: Mapping[str, IamCaller], policy: ApiPolicy | None, deployment: Deployment
) -> Callable[[Exchange], bool]:
    """Return a function that says whether the caller of a signed call may have its cached response renewed.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html#invalidate-method-caching
    """
    known = signed_callers(callers, deployment)

    def may_invalidate(exchange: Exchange) -> bool:
        found = exchange.context.authorization
        caller = known.get(str(found.values.get("accessKey"))) if found is not None and found.kind == "iam" else None
        if caller is None:
            return False
        request = replace(access_request(exchange, caller.user, caller.keys), action=INVALIDATE)
        return _policies(caller, policy, deployment).decide(request).allowed

    return may_invalidate


def _policies(caller: SignedCaller, policy: ApiPolicy | None, deployment: Deployment) -> PolicySet:
    return PolicySet(
        identity=caller.policy,
        resource=policy.policy if policy is not None else None,
        same_account=caller.user.account == deployment.account_id,
    )


def sample_authorization(callers: Mapping[str, IamCaller], deployment: Deployment) -> Authorization:
    """Return the authorization of a stage's first caller, or of one that is made up where there is none."""
    caller = next(iter(callers.values()), IamCaller("user-1", "AKIAIOSFODNN7EXAMPLE", ""))
    return Authorization("iam", _identity(caller.access_key_id, _signed_caller(caller, deployment)))


def _identity(access_key: str, caller: SignedCaller) -> dict[str, str | None]:
    return {
        "accessKey": access_key,
        "accountId": caller.user.account,
        "callerId": caller.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller.user.arn,
        "userId": caller.user_id,
    }


def signature_error(error: SignatureError, flavor: str) -> GatewayError:
    """Return the error of a call whose signature is not accepted: an HTTP API says ``Forbidden`` alone."""
    reason = f"{error} ({error.help})" if error.help else str(error)
    return GatewayError(_TYPES[error.kind], reason, message=str(error) if flavor == "rest" else None)
