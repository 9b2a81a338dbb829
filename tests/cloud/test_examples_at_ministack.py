"""Each project of examples/ on the emulator of AWS, by the commands that people type: deployed, asked, taken away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests

from tests.support.cloud import SERVICES, at_ministack
from tests.support.cloud_life import left_over
from tests.support.examples import EXAMPLES

pytestmark = pytest.mark.slow

# A path that anybody may read, the shop's user side has none.
ASKED = {
    "blank": ("/", 404),
    "crud": ("/tasks", 200),
    "hello": ("/hello", 200),
    "hits": ("/stats", 200),
    "orders": ("/orders/00000000-0000-4000-8000-000000000000", 404),
    "shop": ("/products?category=lamps", 200),
    "shop-http": ("/cart", 401),
}


@pytest.fixture(scope="module", autouse=True)
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    services = (*SERVICES, "cognito-idp", "secretsmanager")
    with at_ministack(tmp_path_factory.mktemp("ministack"), services):
        parameters = boto3.client("ssm", region_name="us-east-1")
        parameters.put_parameter(Name="/shop/admin-token-sha256", Value="0" * 64, Type="String")
        secrets = boto3.client("secretsmanager", region_name="us-east-1")
        secrets.create_secret(Name="shop/partner-key", SecretString="a-partner-key-of-20-letters")
        yield


def homeport(command: str, root: Path, *options: str) -> str:
    words = [sys.executable, "-m", "homeport", command, "--project", str(root), "--stage", "dev", *options]
    done = subprocess.run(words, env=os.environ, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if (path / "openapi.yaml").is_file()))
def test_an_example_is_deployed_and_answers_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    # The shop's HTTP flavor is linked to the shop.
    shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns(".homeport", "__pycache__"))
    homeport("deploy", root, "--yes")
    path, status = ASKED[name]
    answer = requests.get(homeport("open", root, "--print").strip() + path, timeout=60)
    assert answer.status_code == status, answer.text
    assert "no changes" in homeport("deploy", root, "--yes")
    homeport("destroy", root, "--yes")
    # All REST APIs of an account and region write their logs by one role, which stays.
    kept = [each for each in left_over() if "-ApiLogRole-" not in each]
    assert kept == []
