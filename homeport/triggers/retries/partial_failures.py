"""Partial batch responses: which records of a batch a function reports as failed (``ReportBatchItemFailures``).

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

from __future__ import annotations

import json
from collections.abc import Sequence


def failed_records(payload: bytes, ids: Sequence[str]) -> frozenset[str]:
    """Return the ids of the failed records of a batch, by the response of its function.

    An empty response or list is a success. A response that can't be read, or that names an unknown record, is a failure
    of the whole batch.
    """
    everything = frozenset(ids)
    try:
        response = json.loads(payload)
    except ValueError:
        return everything
    if not response:
        return everything if response == "" else frozenset()
    if not isinstance(response, dict):
        return everything
    failures = response.get("batchItemFailures")
    if not failures:
        return frozenset()
    if not isinstance(failures, list):
        return everything
    found = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    known = everything.intersection(id for id in found if isinstance(id, str))
    return known if all(id in known for id in found) else everything
