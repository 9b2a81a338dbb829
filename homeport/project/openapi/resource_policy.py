"""The resource policy of a REST API, read from its document. The gateway evaluates it for each call.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from homeport.permissions.policy import Policy, PolicyError, read_policy
from homeport.project.source.cursor import Cursor

POLICY = "x-amazon-apigateway-policy"
_NAME = "the resource policy"
_OF_PRIVATE_APIS = frozenset(("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn"))
_KNOWN = frozenset(
    (
        *("aws:currenttime", "aws:epochtime", "aws:multifactorauthage", "aws:multifactorauthpresent"),
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:principaltype", "aws:referer", "aws:requestedregion", "aws:resourceaccount", "aws:securetransport"),
        *("aws:sourceip", "aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username"),
    )
)


def read_resource_policy(cursor: Cursor, *, in_template: bool = False) -> Mapping[str, Any] | None:
    """Return the policy document at a cursor, None where there is none; one whose list of statements is empty is none.

    A policy that AWS would refuse is an error. Conditions that are not to be known here are named.
    """
    if cursor.value is None or not cursor.is_a(dict, "a policy, a map"):
        return None
    document = cast(Mapping[str, Any], cursor.value)
    if not document or document.get("Statement") == []:
        return None
    try:
        # The values of a template are worked out, some into texts that stand for what only AWS knows.
        templated: Literal["whole", True] = "whole" if in_template else True
        policy = read_policy(document, name=_NAME, resource_based=True, short="execute-api:", templated=templated)
    except PolicyError as error:
        cursor.error(f"{error}", "write it as API Gateway takes it")
        return None
    _name_conditions(cursor, policy)
    return document


def _name_conditions(cursor: Cursor, policy: Policy) -> None:
    keys = dict.fromkeys(condition.key for statement in policy.statements for condition in statement.conditions)
    of_private = [key for key in keys if key.lower() in _OF_PRIVATE_APIS]
    if of_private:
        cursor.warning(
            f"VPC endpoints are not emulated: no request here has {', '.join(of_private)}, as at a public endpoint"
        )
    unknown = [key for key in keys if key.lower() not in _KNOWN | _OF_PRIVATE_APIS]
    if unknown:
        cursor.warning(f"{', '.join(unknown)} can't be known here: a statement with it denies, and does not allow")
    if any(None in statement.resources for statement in policy.statements):
        cursor.warning("a Resource that only AWS knows can't be evaluated: its statement denies, and does not allow")
