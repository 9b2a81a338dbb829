"""The policy of a deployer: what the recorded calls need, and what CloudFormation does in his name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud.deployer_policy import actions_for, deployer_policy
from tests.cloud.policy import FILE, recorded_policy, text_of
from tests.support.cloud import at_ministack


def test_a_policy_allows_the_recorded_calls_on_their_resources_only() -> None:
    assert deployer_policy([("s3", "HeadBucket"), ("s3", "PutObject"), ("sts", "GetCallerIdentity")], []) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "DeployEverywhere", "Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]},
            {
                "Sid": "DeployS3",
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": ["arn:aws:s3:::homeport-ACCOUNT-REGION"],
            },
            {
                "Sid": "DeployS3Objects",
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": ["arn:aws:s3:::homeport-ACCOUNT-REGION/STACK/*"],
            },
        ],
    }


def test_the_actions_of_a_resource_follow_from_its_type() -> None:
    assert "iam:PassRole" in actions_for("AWS::IAM::Role")
    assert actions_for("AWS::Lambda::Alias") == actions_for("AWS::Lambda::Function")
    with pytest.raises(KeyError):
        actions_for("AWS::Satellite::GroundStation")


@pytest.mark.stack
def test_the_documented_policy_is_what_the_recorded_calls_need(tmp_path: Path) -> None:
    with at_ministack(tmp_path):
        assert text_of(recorded_policy(tmp_path)) == FILE.read_text(), "renew it: python -m tests.cloud.policy"
