"""Resources that are gone from the project are named, and stay."""

from __future__ import annotations

from pathlib import Path

from homeport.aws.setup.removed import name_removed
from homeport.project.model import Resources
from tests.support.services import make_resource


def having(*kinds: str) -> Resources:
    found = {kind: make_resource(kind, f"AWS::{kind}") for kind in kinds}
    return Resources({}, others=found)


def test_resource_that_is_gone_is_named_at_each_start_until_it_is_back(tmp_path: Path) -> None:
    file = tmp_path / "aws" / "resources.json"
    assert list(name_removed(file, having("SQS::Queue", "S3::Bucket"))) == []
    for _ in range(2):
        (line,) = name_removed(file, having("SQS::Queue"))
        assert line.startswith("bucket ")
        assert line.endswith("it stays with what it holds; make clean-data empties all services")
    assert list(name_removed(file, having("SQS::Queue", "S3::Bucket"))) == []


def test_resource_that_was_never_made_is_not_named(tmp_path: Path) -> None:
    file = tmp_path / "resources.json"
    assert list(name_removed(file, having("SNS::TopicPolicy"))) == []
    assert list(name_removed(file, having())) == []


def test_damaged_list_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "resources.json"
    file.write_text("{")
    assert list(name_removed(file, having("SQS::Queue"))) == []
    assert len(list(name_removed(file, having()))) == 1
