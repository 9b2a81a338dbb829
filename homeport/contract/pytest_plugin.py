"""A pytest plugin: fixtures for tests of a project's API over real HTTP, and of the tables behind it.

pytest imports this in every run of an environment that has the kit, so everything else is imported when a fixture is
used: https://docs.pytest.org/en/stable/how-to/writing_plugins.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from homeport.contract.target import FaultSwitch, Tables, Target

_OPTIONS = (
    ("project", "DIR", "the project (default: pytest's root directory)"),
    ("stage", "STAGE", "the stage that is started, or that the URL is of (default: local)"),
    ("url", "URL", "the base URL of a running API (default: a stack is started)"),
    ("dynamodb-url", "URL", "the DynamoDB of the API at --homeport-url"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options; each has an environment variable that stands in for it."""
    group = parser.getgroup("homeport")
    for name, metavar, text in _OPTIONS:
        variable = f"HOMEPORT_{name.upper().replace('-', '_')}"
        group.addoption(f"--homeport-{name}", metavar=metavar, default=None, help=f"{text}; or {variable}")


@pytest.fixture(scope="session")
def homeport_target(pytestconfig: pytest.Config) -> Iterator[Target]:
    """What is tested: a stack that is started once for the session, or the API at the URL that was given."""
    from homeport.contract.target import opened
    from homeport.environment import read_pointers
    from homeport.errors import HomeportError

    told = read_pointers()
    project = pytestconfig.getoption("--homeport-project") or told.project
    stage = pytestconfig.getoption("--homeport-stage") or told.stage or "local"
    url = pytestconfig.getoption("--homeport-url") or told.url
    dynamodb = pytestconfig.getoption("--homeport-dynamodb-url") or told.dynamodb_url
    root = pytestconfig.rootpath if project is None else pytestconfig.invocation_params.dir / project
    try:
        with opened(root.resolve(), stage, url, dynamodb) as found:
            yield found
    except HomeportError as error:
        pytest.fail(f"homeport: {error}", pytrace=False)


@pytest.fixture(scope="session")
def homeport_url(homeport_target: Target) -> str:
    """The base URL of the running API, without a slash at its end; a named stage's path is in it."""
    return homeport_target.url


@pytest.fixture
def homeport_table(homeport_target: Target) -> Iterator[Tables]:
    """``homeport_table("ItemsTable")`` is boto3's Table of that logical id, ``homeport_table.client`` its client.

    What the test put into any table, through the API or not, is removed when it ends.
    """
    from homeport.contract.target import Tables

    if homeport_target.dynamodb is None:
        pytest.skip("no DynamoDB is known of the API at this URL: give --homeport-dynamodb-url")
    if homeport_target.is_aws:
        pytest.skip("tables on AWS may be in use by others: homeport_table opens local ones only")
    tables = Tables(homeport_target)
    yield tables
    tables.clean()


@pytest.fixture
def homeport_faults(homeport_target: Target) -> Iterator[FaultSwitch]:
    """``homeport_faults("ItemsTable.PutItem=ThrottlingException")`` lets DynamoDB fail so, until the test ends."""
    from homeport.contract.target import FaultSwitch

    if homeport_target.switch is None:
        pytest.skip("faults are switched on in a stack that the tests start themselves, not at a given URL")
    switch = FaultSwitch(homeport_target.switch)
    yield switch
    switch()
