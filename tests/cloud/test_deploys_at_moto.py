"""Deploys against moto's server: the bucket, and what CloudFormation is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from homeport.cloud.apply import Consent
from homeport.cloud.deploy import DeployOptions, deploy
from homeport.cloud.deploy_target import find_target
from homeport.cloud.errors import DeclinedError
from tests.support.cloud import Calls, RecordedPrompt, at_moto, deployed, project_in
from tests.support.project import notes_project

pytestmark = pytest.mark.slow

BUCKET = "homeport-123456789012-us-east-1"


@pytest.fixture(scope="module", autouse=True)
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with at_moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


def notes(root: Path, stack: str, **changed: str) -> Path:
    return notes_project(root, stages=f"stages: {{dev: {{stackName: {stack}}}}}\n", **changed)


def s3() -> Any:
    return boto3.client("s3", region_name="us-east-1")


def test_the_bucket_is_private_encrypted_versioned_and_takes_tls_only(tmp_path: Path) -> None:
    recorded = deployed(notes(tmp_path, "bucket"))
    assert f"made the bucket {BUCKET}: private, encrypted, versioned" in recorded.text or s3().head_bucket(
        Bucket=BUCKET
    )
    assert set(s3().get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    rules = s3().get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3().get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    statement = json.loads(s3().get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"][0]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_an_incomplete_bucket_is_completed(tmp_path: Path) -> None:
    root = notes(tmp_path, "half")
    deployed(root)
    s3().delete_bucket_policy(Bucket=BUCKET)
    assert find_target(project_in(root)).bucket.make()
    assert not find_target(project_in(root)).bucket.make()


def test_objects_have_the_stacks_prefix_and_unchanged_code_is_not_sent_again(tmp_path: Path) -> None:
    root = notes(tmp_path, "keys")
    deployed(root)
    keys = [found["Key"] for found in s3().list_objects_v2(Bucket=BUCKET, Prefix="keys/")["Contents"]]
    assert sorted(key.split("/")[1] for key in keys) == ["code", "deploys", "specs", "templates"]
    calls = Calls()
    deployed(root, calls=calls)
    sent = [parameters["Key"] for _, operation, parameters in calls.made if operation == "PutObject"]
    assert [key for key in sent if "/code/" in key or "/templates/" in key] == []


def test_a_change_that_is_declined_leaves_no_stack_behind(tmp_path: Path) -> None:
    root, recorded = notes(tmp_path, "declined"), RecordedPrompt(answers=["no"])
    with pytest.raises(DeclinedError, match="nothing was changed"):
        deploy(project_in(root), DeployOptions(Consent(), smoke=False), recorded.prompt)
    assert recorded.questions == ["make these changes? [y/N] "]
    assert not find_target(project_in(root)).stack.status().is_there


def test_a_deploy_without_a_terminal_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(DeclinedError, match=r"nobody is there to ask \(say --yes\)"):
        deploy(project_in(notes(tmp_path, "nobody")), DeployOptions(Consent(), smoke=False), RecordedPrompt().prompt)


def test_the_whole_call_for_a_change_set(tmp_path: Path) -> None:
    calls = Calls()
    deployed(notes(tmp_path, "whole"), calls=calls)
    asked = next(parameters for _, operation, parameters in calls.made if operation == "CreateChangeSet")
    assert (asked["StackName"], asked["ChangeSetType"]) == ("whole", "CREATE")
    assert asked["ChangeSetName"].startswith("homeport-")
    keys = [parameter["ParameterKey"] for parameter in asked["Parameters"]]
    assert keys == ["CodeBucket", "CodeKey"]
    assert set(json.loads(asked["TemplateBody"])) >= {"Parameters", "Resources", "Outputs"}


def test_a_template_too_large_for_the_call_goes_through_the_bucket(tmp_path: Path) -> None:
    root = notes(tmp_path, "large")
    resources = root / "deploy" / "resources.yaml"
    resources.write_text(f"Metadata: {{Note: {'x' * 52_000}}}\n{resources.read_text()}")
    calls = Calls()
    deployed(root, calls=calls)
    asked = next(parameters for _, operation, parameters in calls.made if operation == "CreateChangeSet")
    assert "TemplateBody" not in asked and f"/{BUCKET}/large/templates/" in asked["TemplateURL"]


def test_the_buckets_name_has_the_region_and_a_stages_region_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    root = notes_project(tmp_path, stages="stages: {dev: {}, far: {region: eu-central-1}}\n")
    assert find_target(project_in(root)).bucket.name == "homeport-123456789012-eu-west-1"
    assert find_target(project_in(root, "far")).bucket.name == "homeport-123456789012-eu-central-1"
