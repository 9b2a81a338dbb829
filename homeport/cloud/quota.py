"""Whether the account has the concurrency that the functions are to reserve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.cloud.edge import Aws
from homeport.cloud.errors import CloudError

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100


def reserved_in(template: Mapping[str, Any]) -> int:
    """What the functions of a template reserve together."""
    functions = (
        each for each in (template.get("Resources") or {}).values() if each.get("Type") == "AWS::Lambda::Function"
    )
    settings = (each.get("Properties", {}).get("ReservedConcurrentExecutions") for each in functions)
    return sum(int(value) for value in settings if isinstance(value, int | str) and str(value).isdecimal())


def check_concurrency(aws: Aws, wanted: int, present: int) -> None:
    """Ask AWS whether ``wanted`` can be reserved where this stack reserves ``present`` now. Raises CloudError."""
    if wanted == 0:
        return
    limit = aws.call("lambda", "GetAccountSettings")["AccountLimit"]
    total, unreserved = int(limit["ConcurrentExecutions"]), int(limit["UnreservedConcurrentExecutions"])
    left = unreserved + present - wanted
    if left < UNRESERVED:
        raise CloudError(
            f"the functions reserve a concurrency of {wanted}; of the account's {total} that would leave {left} "
            f"unreserved, and AWS wants {UNRESERVED}",
            "lower reservedConcurrency, or ask for more in Service Quotas (Lambda, concurrent executions)",
        )
