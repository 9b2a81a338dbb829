"""What can be done with a stack in each of its states, and what mends the others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from homeport.cloud.aws.stack_status import StackStatus, person_in_token, request_token, start_of_deploy
from homeport.cloud.errors import StackStateError

AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def start(status: str, reason: str = "") -> str:
    return start_of_deploy(StackStatus("items-dev", status, reason), "eu-west-1", "dev")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("", "create"),
        ("REVIEW_IN_PROGRESS", "create"),
        ("DELETE_COMPLETE", "create"),
        ("CREATE_COMPLETE", "update"),
        ("UPDATE_COMPLETE", "update"),
        ("UPDATE_ROLLBACK_COMPLETE", "update"),
        ("ROLLBACK_COMPLETE", "recreate"),
    ],
)
def test_a_deploy_starts_from_every_stable_status(status: str, expected: str) -> None:
    assert start(status) == expected


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (
            "UPDATE_ROLLBACK_FAILED",
            "aws cloudformation continue-update-rollback --stack-name items-dev --region eu-west-1",
        ),
        ("UPDATE_FAILED", "aws cloudformation rollback-stack --stack-name items-dev --region eu-west-1"),
        ("ROLLBACK_FAILED", "homeport destroy --stage dev"),
        ("DELETE_FAILED", "homeport destroy --stage dev"),
    ],
)
def test_a_failed_status_is_rejected_with_the_recovery_command(status: str, hint: str) -> None:
    with pytest.raises(StackStateError) as refused:
        start(status, reason="a bucket is not empty")
    assert (refused.value.hint, status in refused.value.message) == (hint, True)
    assert "a bucket is not empty" in refused.value.message


def test_a_second_deploy_names_the_person_and_the_start_of_the_first() -> None:
    busy = StackStatus("items-dev", "UPDATE_IN_PROGRESS", by="alice", since=AT)
    with pytest.raises(StackStateError, match="being changed by alice since 2026-03-01 12:00:05 UTC"):
        start_of_deploy(busy, "eu-west-1", "dev")


def test_a_token_holds_the_person() -> None:
    token = request_token("deploy/GitHub Actions@ci", AT)
    assert token == "homeport-20260301T120005000Z-deploy-GitHub-Actions-ci"
    assert person_in_token(token) == "deploy-GitHub-Actions-ci"
    assert person_in_token("Prompt-CreateStack-1") == ""
    assert len(request_token("x" * 500, AT)) == 128
