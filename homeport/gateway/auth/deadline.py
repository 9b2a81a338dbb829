"""Waiting for an answer no longer than a limit."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

Value = TypeVar("Value")


class _Call(Generic[Value]):
    def __init__(self, ask: Callable[[], Value]) -> None:
        self._ask = ask
        self._answers: list[Value] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._answers.append(self._ask())
        except BaseException as error:
            self._error = error

    def result(self) -> Value:
        if self._error is not None:
            raise self._error
        return self._answers[0]


def within(seconds: float, ask: Callable[[], Value]) -> Value:
    """What ``ask`` gives. Raises its error, or TimeoutError after ``seconds``; ``ask`` then goes on unheard."""
    call = _Call(ask)
    thread = Thread(target=call.run, name="authorizer", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} s")
    return call.result()
