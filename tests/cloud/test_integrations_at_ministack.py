"""Integrations deployed at an emulator that executes them: they answer there as they do here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import at_ministack
from tests.support.cloud_integrations import CALLS, check_kinds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with at_ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.mark.parametrize("flavor", CALLS)
def test_each_kind_answers_there_as_here(flavor: str, tmp_path: Path) -> None:
    assert len(check_kinds(flavor, tmp_path)) == len(CALLS[flavor])
