from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.package_cache import package_set
from tests.support.endpoint import Endpoint, running_endpoint
from tests.support.programs import DeployProgram, program_deployer
from tests.support.runtime import Deploy, RunningParent, deployer, running_parent


@pytest.fixture(scope="session")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningParent]:
    with running_parent(tmp_path_factory.mktemp("runtime") / "project") as running:
        yield running


@pytest.fixture
def deploy(parent: RunningParent) -> Iterator[Deploy]:
    with deployer(parent) as function:
        yield function


@pytest.fixture
def dynamodb() -> Iterator[Endpoint]:
    with running_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def deploy_program(parent: RunningParent, tmp_path: Path) -> Iterator[DeployProgram]:
    with program_deployer(parent, tmp_path) as deploy:
        yield deploy


@pytest.fixture(scope="session")
def awslambdaric() -> Path:
    """The package set with AWS's own runtime client for Python."""
    version = "{}.{}".format(*sys.version_info[:2])
    cache, requirements = read_environment().cache_dir, Path(__file__).parent / "awslambdaric.txt"
    try:
        return package_set(cache, "awslambdaric", [requirements], python=sys.executable, version=version, say=print)
    except SetupError as exc:
        pytest.skip(f"AWS's runtime client can't be installed here: {exc}")
