"""The engine answers as a simple model of a table does, step by step."""

from __future__ import annotations

import pytest

from tests.dynamodb.model.run import run_steps
from tests.support.dynamodb import running_engine


@pytest.mark.stack
def test_random_steps_have_the_answers_of_the_model() -> None:
    with running_engine() as stand:
        host, port = stand.listener.getsockname()
        run_steps(host, port, seed=7, steps=1500)
