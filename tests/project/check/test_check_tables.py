from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.check.tables import is_expiry
from tests.support.spec import HANDLER, RESOURCES, SPEC, check_problems, write_project

_RECOVERY = "      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}\n"


def _problems(root: Path, *, resources: str = RESOURCES, spec: str = SPEC, **files: str) -> list[str]:
    handlers = dict.fromkeys(("list_things", "create_thing", "get_thing"), HANDLER)
    handlers["create_thing"] = f"from service import store\n{HANDLER}"
    sources = {"service/__init__.py": "", **{f"service/{name}.py": text for name, text in files.items()}}
    write_project(root, resources=resources, spec=spec, handlers=handlers, files=sources)
    return [str(problem) for problem in check_problems(root)]


def _ttl(attribute: str, enabled: str = "true") -> str:
    return f"{RESOURCES}      TimeToLiveSpecification: {{AttributeName: {attribute}, Enabled: {enabled}}}\n"


def test_table_without_recovery_is_a_warning(tmp_path: Path) -> None:
    assert _problems(tmp_path, resources=RESOURCES.replace(_RECOVERY, "")) == [
        "deploy/resources.yaml:2: warning: ThingsTable has no point-in-time recovery: what a faulty function "
        "overwrites is lost (add PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true})"
    ]


def test_table_that_says_no_to_recovery_is_no_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path, resources=RESOURCES.replace("Enabled: true", "Enabled: false")) == []


@pytest.mark.parametrize(
    "text",
    [
        "ITEM = {'thingId': '1', 'expiresAt': 5}\n",
        "def put(item):\n    item['expiresAt'] = 5\n",
        "UPDATE = 'SET #name = :name, expiresAt = :soon'\n",
        "UPDATE = 'SET expiresAt = if_not_exists(expiresAt, :soon)'\n",
        "NAMES = {'#until': 'expiresAt'}\n",
    ],
)
def test_expiry_that_no_table_has_is_a_warning(tmp_path: Path, text: str) -> None:
    (found,) = _problems(tmp_path, store=text)
    assert found.startswith("deploy/resources.yaml:2: warning: service/store.py:")
    assert "writes the expiry 'expiresAt', and no TTL of ThingsTable deletes by it" in found


def test_ttl_of_another_attribute_is_a_warning(tmp_path: Path) -> None:
    (found,) = _problems(tmp_path, resources=_ttl("ttl"), store="ITEM = {'expiresAt': 5}\n")
    assert "the TTL attribute of ThingsTable is 'ttl', and service/store.py:1 writes 'expiresAt'" in found


def test_ttl_that_is_off_is_none(tmp_path: Path) -> None:
    (found,) = _problems(tmp_path, resources=_ttl("expiresAt", "false"), store="ITEM = {'expiresAt': 5}\n")
    assert "no TTL of ThingsTable deletes by it" in found


def test_expiry_with_its_ttl_is_no_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path, resources=_ttl("expiresAt"), store="ITEM = {'expiresAt': 5}\n") == []


def test_expiry_that_the_api_shows_is_the_business_s_own(tmp_path: Path) -> None:
    spec = SPEC.replace("name: {type: string}", "expiresAt: {type: string}")
    assert _problems(tmp_path, spec=spec, store="ITEM = {'expiresAt': 5}\n") == []


def test_code_that_no_writing_function_imports_is_no_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path, store="", other="ITEM = {'expiresAt': 5}\n") == []


@pytest.mark.parametrize("name", ["ttl", "TTL", "expiresAt", "expires_at", "expireAt", "expirationTime", "timeToLive"])
def test_name_of_an_expiry(name: str) -> None:
    assert is_expiry(name)


@pytest.mark.parametrize("name", ["Expires", "title", "experience", "settled", "expiredItems", "createdAt"])
def test_name_of_something_else(name: str) -> None:
    assert not is_expiry(name)


_READS = "import os\nTABLE = os.environ['THINGS_TABLE']\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_READS, 2),
        ("from os import environ\nclass Store:\n    table = environ['THINGS_TABLE']\n", 3),
        ("import os\ndef table():\n    return os.environ['THINGS_TABLE']\n", 0),
        ("import os\ntry:\n    TABLE = os.environ['THINGS_TABLE']\nexcept KeyError:\n    TABLE = ''\n", 0),
        ("import os\nTABLE = os.environ.get('THINGS_TABLE')\n", 0),
        ("import os\nos.environ['THINGS_TABLE'] = 'x'\n", 0),
        ("import os\nOTHER = os.environ['OTHER_TABLE']\n", 0),
    ],
)
def test_variable_of_a_table_that_a_function_may_not_touch_is_a_warning(tmp_path: Path, text: str, line: int) -> None:
    """``create_thing`` imports the store, and its operation has no access to the table here."""
    spec = SPEC.replace("      x-homeport:\n        access: {ThingsTable: [PutItem]}\n", "")
    found = [one for one in _problems(tmp_path, spec=spec, store=text) if "THINGS_TABLE" in one]
    assert found == (
        [
            f"service/store.py:{line}: warning: create-thing reads THINGS_TABLE at the start, and has no access to "
            "its table: every request fails (add x-homeport: {access: {ThingsTable: [GetItem]}} to its operation, with "
            "the actions that it needs; or read it where it is needed)"
        ]
        if line
        else []
    )
