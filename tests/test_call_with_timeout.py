from __future__ import annotations

import threading

import pytest

from homeport.background import call_with_timeout


def test_an_answer_in_time_is_the_result() -> None:
    assert call_with_timeout(5, lambda: "answer") == "answer"


def test_an_error_is_raised_as_it_is() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        call_with_timeout(5, fail)


def test_no_answer_in_time_is_an_error() -> None:
    released = threading.Event()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.01 s"):
        call_with_timeout(0.01, lambda: released.wait(5))
    released.set()
