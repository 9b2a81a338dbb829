"""The decision about a request: which policies have a say, in which order, and in which words it is told.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from typing import Any

import pytest

from homeport.permissions.decision import PolicySet
from homeport.permissions.policy import VERSION, AccessRequest, Policy, read_policy
from homeport.permissions.principals import ANONYMOUS, Principal
from homeport.permissions.role import Role
from homeport.permissions.services.permission import ServicePermission

USER = Principal("arn:aws:iam::123456789012:user/ann")
SESSION = Principal("arn:aws:sts::123456789012:assumed-role/app/session")
ROLE = "arn:aws:iam::123456789012:role/app"
ACTION, RESOURCE = "s3:GetObject", "arn:aws:s3:::b/k"
ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
OTHER = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> Policy:
    return read_policy({"Version": VERSION, "Statement": list(statements)})


def of_resource(principal: Any, effect: str = "Allow") -> Policy:
    written = {"Effect": effect, "Principal": principal, "Action": "s3:*", "Resource": "*"}
    return read_policy({"Version": VERSION, "Statement": written}, resource_based=True)


def request(principal: Principal = SESSION) -> AccessRequest:
    return AccessRequest(ACTION, RESOURCE, {}, principal)


NOTHING = "because no {} allows the s3:GetObject action".format
EXPLICIT = "with an explicit deny in {}".format


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        (PolicySet(identity=policy(ALLOW)), ""),
        (PolicySet(identity=policy()), NOTHING("identity-based policy")),
        (PolicySet(identity=policy(OTHER)), NOTHING("identity-based policy")),
        (PolicySet(identity=policy(ALLOW, DENY)), EXPLICIT("an identity-based policy")),
        (PolicySet(identity=policy(DENY, ALLOW)), EXPLICIT("an identity-based policy")),
        # A boundary and a session policy limit, and grant nothing.
        (PolicySet(identity=policy(ALLOW), boundary=policy(ALLOW)), ""),
        (PolicySet(identity=policy(ALLOW), boundary=policy(OTHER)), NOTHING("permissions boundary")),
        (PolicySet(identity=policy(OTHER), boundary=policy(ALLOW)), NOTHING("identity-based policy")),
        (PolicySet(identity=policy(ALLOW), boundary=policy(ALLOW, DENY)), EXPLICIT("a permissions boundary")),
        (PolicySet(identity=policy(ALLOW), session=policy(OTHER)), NOTHING("session policy")),
        (PolicySet(identity=policy(ALLOW), session=policy(ALLOW)), ""),
        (PolicySet(identity=policy(ALLOW), session=policy(ALLOW, DENY)), EXPLICIT("a session policy")),
        # Within an account one of both is enough.
        (PolicySet(identity=policy(), resource=of_resource({"AWS": ROLE})), ""),
        (PolicySet(identity=policy(), resource=of_resource({"AWS": SESSION.arn})), ""),
        (PolicySet(identity=policy(), resource=of_resource("*")), ""),
        # An account as principal leaves the decision to its own policies.
        (PolicySet(identity=policy(), resource=of_resource({"AWS": "123456789012"})), NOTHING("identity-based policy")),
        (PolicySet(identity=policy(ALLOW), resource=of_resource({"AWS": "123456789012"})), ""),
        (PolicySet(identity=policy(ALLOW), resource=of_resource({"AWS": "111122223333"})), ""),
        (PolicySet(identity=policy(ALLOW), resource=of_resource("*", "Deny")), EXPLICIT("a resource-based policy")),
        # The role's ARN is limited by a boundary that does not allow, the session's is not.
        (
            PolicySet(identity=policy(), resource=of_resource({"AWS": ROLE}), boundary=policy(OTHER)),
            NOTHING("permissions boundary"),
        ),
        (PolicySet(identity=policy(), resource=of_resource({"AWS": SESSION.arn}), boundary=policy(OTHER)), ""),
        (
            PolicySet(identity=policy(), resource=of_resource({"AWS": ROLE}), session=policy(OTHER)),
            NOTHING("session policy"),
        ),
        (PolicySet(identity=policy(), resource=of_resource({"AWS": SESSION.arn}), session=policy(OTHER)), ""),
        (
            PolicySet(identity=policy(), resource=of_resource({"AWS": SESSION.arn}), boundary=policy(DENY)),
            EXPLICIT("a permissions boundary"),
        ),
    ],
)
def test_policies_are_combined_as_aws_combines_them(policies: PolicySet, reason: str) -> None:
    decision = policies.decide(request())
    assert decision.allowed is (reason == "")
    assert decision.reason(ACTION) == reason


@pytest.mark.parametrize("own", [policy(ALLOW), policy(OTHER)], ids=["allow", "none"])
@pytest.mark.parametrize("principal", ["*", {"AWS": "123456789012"}, {"AWS": ROLE}, {"AWS": "111122223333"}], ids=str)
def test_between_accounts_both_policies_must_allow(own: Policy, principal: Any) -> None:
    policies = PolicySet(identity=own, resource=of_resource(principal), same_account=False)
    named = principal != {"AWS": "111122223333"}
    assert policies.decide(request()).allowed is (named and own.allowing(request(), []) != [])
    if not named:
        assert policies.decide(request()).reason(ACTION) == NOTHING("resource-based policy")


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [(of_resource("*"), True), (of_resource({"AWS": "123456789012"}), False), (of_resource("*", "Deny"), False)],
)
def test_request_without_a_signature_has_the_policy_of_the_resource_alone(resource: Policy, allowed: bool) -> None:
    assert PolicySet(resource=resource).decide(request(ANONYMOUS)).allowed is allowed


def test_message_is_that_of_aws() -> None:
    decision = PolicySet(identity=policy()).decide(request(USER))
    assert decision.message(request(USER)) == (
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: s3:GetObject on resource: "
        "arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
    )


def test_decision_names_the_statement_that_denies() -> None:
    decision = PolicySet(identity=policy(ALLOW, {**DENY, "Sid": "NoReads"})).decide(request())
    assert (decision.effect, decision.policy, decision.statement) == (
        "explicit deny",
        "identity-based policy",
        "NoReads",
    )
    assert PolicySet(identity=policy(ALLOW, DENY)).decide(request()).statement == "Policy.Statement[1]"


def test_condition_that_can_not_be_evaluated_denies_and_is_named() -> None:
    unknown = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    told = " (homeport can't tell aws:SourceVpc of its policies)"
    allowing = PolicySet(identity=policy({**ALLOW, **unknown})).decide(request())
    assert allowing.reason(ACTION) == NOTHING("identity-based policy") + told
    denying = PolicySet(identity=policy(ALLOW, {**DENY, **unknown})).decide(request())
    assert denying.reason(ACTION) == EXPLICIT("an identity-based policy") + told


# A role of a function, for every service


def role(*statements: dict[str, Any]) -> Role:
    lists = [{**each, "Action": [each["Action"]], "Resource": [each["Resource"]]} for each in statements]
    return Role({}, lists, {}, SESSION.arn)


def test_role_decides_about_any_service() -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:orders"
    sender = role({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue})
    send, receive = ServicePermission("sqs:SendMessage", queue), ServicePermission("sqs:ReceiveMessage", queue)
    assert sender.decide(send, "eu-west-1").allowed
    denied = sender.decide(receive, "eu-west-1")
    assert sender.message(receive, denied) == (
        "User: arn:aws:sts::123456789012:assumed-role/app/session is not authorized to perform: sqs:ReceiveMessage on "
        f"resource: {queue} because no identity-based policy allows the sqs:ReceiveMessage action"
    )


@pytest.mark.parametrize("resource", ["identity/shop@example.com", "identity/example.com", "identity/*"])
def test_one_of_several_names_of_a_resource_is_enough(resource: str) -> None:
    arn = "arn:aws:ses:eu-west-1:123456789012:{}".format
    sent = ServicePermission("ses:SendEmail", arn("identity/shop@example.com"), {}, (arn("identity/example.com"),))
    allowed = role({"Effect": "Allow", "Action": "ses:*", "Resource": arn(resource)})
    assert allowed.decide(sent, "eu-west-1").allowed
    denied = role({**ALLOW, "Action": "ses:*"}, {"Effect": "Deny", "Action": "*", "Resource": arn(resource)})
    assert denied.decide(sent, "eu-west-1").effect == "explicit deny"


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [("secret:db-??????", True), ("secret:db-*", True), ("secret:*", True), ("secret:other-??????", False)],
)
def test_secret_by_its_name_is_allowed_by_question_marks(pattern: str, allowed: bool) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:{}".format
    reader = role({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn(pattern)})
    needed = ServicePermission("secretsmanager:GetSecretValue", arn("secret:db-??????"))
    assert reader.decide(needed, "eu-west-1").allowed is allowed


def test_condition_of_a_service_decides_by_the_request() -> None:
    own = {**ALLOW, "Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": ["home/*"]}}}
    lister = role(own | {"Condition": {"StringLike": {"s3:prefix": ["home/*"]}}})
    for prefix, allowed in (("home/a", True), ("etc/", False)):
        needed = ServicePermission("s3:ListBucket", "arn:aws:s3:::b", {"s3:prefix": [prefix]})
        assert lister.decide(needed, "eu-west-1").allowed is allowed
