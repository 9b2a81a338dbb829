"""The smallest policy that recorded invocations need: it allows what they asked for, and nothing else."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from homeport.permissions.decision import PolicySet
from homeport.permissions.policy import AccessRequest, read_policy
from homeport.recordings.database import open_database
from homeport.recordings.needed_policy import needed_policy, permissions_by_function
from homeport.recordings.recording import Body, RecordedInvocation
from homeport.recordings.run import RecordedRun, RunSummary
from homeport.recordings.run_store import Runs, insert_run

ACCOUNT = "000000000000"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/items"
ASKED = [
    ("sqs:SendMessage", QUEUE),
    ("dynamodb:GetItem", TABLE),
    ("dynamodb:PutItem", TABLE),
    ("dynamodb:GetItem", f"{TABLE}/index/byOwner"),
    ("s3:GetObject", "arn:aws:s3:::uploads/a"),
    ("s3:GetObject", "arn:aws:s3:::uploads/b"),
]


def test_policy_has_a_statement_for_resources_with_the_same_actions() -> None:
    assert needed_policy([*ASKED, ASKED[0]], ACCOUNT) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "dynamodb:GetItem",
                "Resource": "arn:aws:dynamodb:eu-west-1:*:table/items/index/byOwner",
            },
            {
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
                "Resource": "arn:aws:dynamodb:eu-west-1:*:table/items",
            },
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": ["arn:aws:s3:::uploads/a", "arn:aws:s3:::uploads/b"],
            },
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:*:orders"},
        ],
    }


def allows(document: Any, action: str, resource: str) -> bool:
    return PolicySet(identity=read_policy(document)).decide(AccessRequest(action, resource)).allowed


@pytest.mark.parametrize(("action", "resource"), ASKED)
def test_policy_allows_what_was_asked_for(action: str, resource: str) -> None:
    assert allows(needed_policy(ASKED, ACCOUNT), action, resource)


@pytest.mark.parametrize(("left_out", "resource"), ASKED)
def test_policy_is_the_smallest(left_out: str, resource: str) -> None:
    others = [each for each in ASKED if each != (left_out, resource)]
    assert not allows(needed_policy(others, ACCOUNT), left_out, resource)
    assert not allows(needed_policy(ASKED, ACCOUNT), "sqs:DeleteMessage", resource)


def test_runs_that_no_request_waited_for_count(tmp_path: Path) -> None:
    body = Body("{}", size=2)
    checks = (("sqs:SendMessage", QUEUE, True), ("sqs:PurgeQueue", QUEUE, False))
    invocation = RecordedInvocation("ship", "id", body, body, body, None, 1.0, None, checks=checks)
    summary = RunSummary(0, "id", 1.0, "sqs jobs", "ship", None, 1.0, False, 1)
    file = tmp_path / "recordings.db"
    with closing(open_database(file)) as database:
        insert_run(database, RecordedRun(summary, invocation), ())
        database.commit()
    assert permissions_by_function((), Runs(file).invocations()) == {
        "ship": {("sqs:SendMessage", QUEUE): True, ("sqs:PurgeQueue", QUEUE): False}
    }
