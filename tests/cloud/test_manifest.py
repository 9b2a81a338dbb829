"""What is remembered of a deploy, and which one a rollback goes back to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from homeport.cloud.aws.bucket import Manifest, from_json, to_json
from homeport.cloud.changes import STATEFUL
from homeport.cloud.errors import CloudError
from homeport.cloud.plan import find_rollback_deploy, keep_present_data

FIRST = Manifest(
    id="20260301T120000.000Z",
    stage="dev",
    stack="items-dev",
    code="items-dev/code/1.zip",
    template="items-dev/templates/1.json",
    spec="items-dev/specs/1.yaml",
    who="alice",
    parameters={"CodeKey": "items-dev/code/1.zip"},
)
SECOND = replace(FIRST, id="20260302T120000.000Z", code="items-dev/code/2.zip")
THIRD = replace(FIRST, id="20260303T120000.000Z", code="items-dev/code/3.zip")


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert from_json(to_json(FIRST), "key") == FIRST


def test_a_manifest_of_a_later_release_is_read_and_a_broken_one_is_named() -> None:
    assert from_json(to_json(FIRST).replace('"id"', '"new": 1, "id"'), "key") == FIRST
    with pytest.raises(CloudError, match=r"items/deploys/1\.json is no manifest"):
        from_json("{}", "items/deploys/1.json")


def test_a_rollback_goes_to_the_deploy_before() -> None:
    assert find_rollback_deploy([FIRST, SECOND, THIRD]) == SECOND


def test_another_rollback_goes_further_back() -> None:
    back = replace(SECOND, id="20260304T120000.000Z", of=SECOND.id)
    assert find_rollback_deploy([FIRST, SECOND, THIRD, back]) == FIRST


def test_a_deploy_after_a_rollback_goes_back_to_what_was_deployed_before_it() -> None:
    back = replace(FIRST, id="20260304T120000.000Z", of=FIRST.id)
    fourth = replace(THIRD, id="20260305T120000.000Z")
    assert find_rollback_deploy([FIRST, SECOND, back, fourth]) == FIRST


def test_a_deploy_can_be_chosen() -> None:
    assert find_rollback_deploy([FIRST, SECOND, THIRD], FIRST.id) == FIRST
    with pytest.raises(CloudError, match="there is no deploy 'x'"):
        find_rollback_deploy([FIRST], "x")


def test_without_an_earlier_deploy_there_is_nothing_to_go_back_to() -> None:
    with pytest.raises(CloudError, match="no deploy before this one"):
        find_rollback_deploy([FIRST])
    with pytest.raises(CloudError, match="nothing has been deployed"):
        find_rollback_deploy([])


def test_the_content_decides_whether_two_deploys_are_the_same() -> None:
    assert FIRST.same_content(replace(FIRST, id="x", who="bob", outputs={"ApiUrl": "x"}))
    assert not FIRST.same_content(replace(FIRST, secrets="another"))


def test_a_rollback_keeps_the_present_data() -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"DeletionProtectionEnabled": {"Ref": "Protect"}}}
    earlier = {"Resources": {"Get": {"Type": "AWS::Lambda::Function"}, "Table": {**table, "Properties": {}}}}
    present = {
        "Parameters": {"Protect": {"Type": "String", "Default": "false"}},
        "Resources": {"Table": table, "NewTable": table, "New": {"Type": "AWS::Lambda::Function"}},
    }
    assert keep_present_data(earlier, present, STATEFUL) == {
        "Parameters": {"Protect": {"Type": "String", "Default": "false"}},
        "Resources": {"Get": {"Type": "AWS::Lambda::Function"}, "Table": table, "NewTable": table},
    }
