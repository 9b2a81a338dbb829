"""Wait for a function no longer than API Gateway does: integrations and Lambda authorizers share this limit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

# A function that goes on after the gateway gave up keeps its thread. Threads are started when they are first needed.
_threads = ThreadPoolExecutor(1000, thread_name_prefix="invoke")


def call_with_timeout(seconds: float, call: Callable[[], Result]) -> Result:
    """Return the result of ``call``, or raise its error.

    Raises TimeoutError after ``seconds``. The call is not interrupted then, just as a Lambda function goes on after
    API Gateway has answered for it.
    """
    future = _threads.submit(call)
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():
            raise
        raise TimeoutError(f"no answer within {seconds:g} s") from None
