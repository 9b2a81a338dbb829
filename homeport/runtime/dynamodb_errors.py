"""The errors of DynamoDB, with the messages and statuses that it sends.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DYNAMODB = "com.amazonaws.dynamodb.v20120810"
_SERVICE = "com.amazon.coral.service"
_AVAILABILITY = "com.amazon.coral.availability"
_VALIDATION = "com.amazon.coral.validate"

TRANSACTION_CANCELED = "TransactionCanceledException"
# The errors whose message is in `Message`; the others have `message`: DynamoDB's API model.
_CAPITAL = frozenset(
    (
        TRANSACTION_CANCELED,
        "AccessDeniedException",
        "IdempotentParameterMismatchException",
        "TransactionInProgressException",
    )
)
_TABLE_BUSY = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
_INDEX_BUSY = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with "
    "the UpdateTable API"
)
_SCALING = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_ACCOUNT_BUSY = (
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at "
    "https://aws.amazon.com/support request a limit increase"
)


@dataclass(frozen=True, slots=True)
class _Error:
    """An error of DynamoDB. ``on_index`` is its message for an index. ``limit`` is reported under the key ``reasons``.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html
    """

    message: str
    namespace: str = _DYNAMODB
    status: int = 400
    on_index: str = ""
    limit: str = ""
    reasons: str = ""


ERRORS: Mapping[str, _Error] = {
    "AccessDeniedException": _Error("You don't have permission to perform this operation.", _SERVICE),
    "ConditionalCheckFailedException": _Error("The conditional request failed"),
    "DuplicateItemException": _Error("Duplicate primary key exists in table"),
    "ExpiredTokenException": _Error("The security token included in the request is expired", _SERVICE),
    "IdempotentParameterMismatchException": _Error(
        "ClientRequestToken used with different parameters within the idempotency period"
    ),
    "InternalServerError": _Error("Internal server error", status=500),
    "ItemCollectionSizeLimitExceededException": _Error("Collection size exceeded."),
    "LimitExceededException": _Error("Too many operations for a given subscriber."),
    "ProvisionedThroughputExceededException": _Error(
        _TABLE_BUSY, on_index=_INDEX_BUSY, limit="ProvisionedThroughputExceeded", reasons="ThrottlingReasons"
    ),
    "ReplicatedWriteConflictException": _Error("Another request is changing this item. Retry the request.", status=409),
    "RequestLimitExceeded": _Error(_ACCOUNT_BUSY, limit="AccountLimitExceeded", reasons="ThrottlingReasons"),
    "ResourceInUseException": _Error("The resource which you are attempting to change is in use."),
    "ResourceNotFoundException": _Error("Requested resource not found"),
    "ServiceUnavailable": _Error("DynamoDB is currently unavailable.", _AVAILABILITY, status=503),
    "ThrottlingException": _Error(
        _SCALING, _AVAILABILITY, limit="KeyRangeThroughputExceeded", reasons="throttlingReasons"
    ),
    TRANSACTION_CANCELED: _Error("Transaction cancelled, please refer cancellation reasons for specific reasons"),
    "TransactionConflictException": _Error("Transaction is ongoing for the item"),
    "TransactionInProgressException": _Error("The transaction with the given request token is already in progress."),
    "UnrecognizedClientException": _Error("The security token included in the request is invalid.", _SERVICE),
    "ValidationException": _Error("One or more parameter values were invalid", _VALIDATION),
}

# The reasons for which DynamoDB cancels a transaction, with their messages.
REASONS: Mapping[str, str] = {
    "ConditionalCheckFailed": "The conditional request failed",
    "ItemCollectionSizeLimitExceeded": "Collection size exceeded.",
    "ProvisionedThroughputExceeded": _TABLE_BUSY,
    "ThrottlingError": _SCALING,
    "TransactionConflict": "Transaction is ongoing for the item",
    "ValidationError": "One or more parameter values were invalid.",
}


def find_error(name: str) -> str | None:
    """Return the error code of a name, which may lack ``Exception`` at its end; None for an unknown one."""
    return next((code for code in (name, f"{name}Exception") if code in ERRORS), None)


def error_rule(code: str, reason: str = "") -> Mapping[str, Any]:
    """Return an error as a part of a worker's rule, in JSON values. ``reason`` is that of a canceled transaction."""
    error = ERRORS[code]
    rule: dict[str, Any] = {
        "status": error.status,
        "type": f"{error.namespace}#{code}",
        "key": "Message" if code in _CAPITAL else "message",
        "message": error.message,
        "on_index": error.on_index or error.message,
    }
    if error.limit:
        rule |= {"limit": error.limit, "reasons": error.reasons}
    if reason:
        rule["canceled"] = {"Code": reason, "Message": REASONS[reason]}
    return rule
