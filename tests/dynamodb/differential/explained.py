"""The differences between the embedded engine and Amazon's DynamoDB Local, each with the source that decides it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Request = dict[str, Any]


class Outcome(NamedTuple):
    """An answer as it is compared: the error and its message, or "" and the answer."""

    error: str
    content: Any


class Pair(NamedTuple):
    """A case with two outcomes."""

    action: str
    request: Request
    ours: Outcome
    theirs: Outcome

    @property
    def is_answered(self) -> bool:
        """Return True if neither outcome is an error."""
        return not self.ours.error and not self.theirs.error


class Explained(NamedTuple):
    """A kind of difference, which pairs are of it, and the source that says what DynamoDB does."""

    name: str
    matches: Callable[[Pair], bool]
    source: str


def _messages(ours: str, theirs: str) -> Callable[[Pair], bool]:
    """Return a check that both outcomes are errors whose messages have these patterns."""

    def matches(pair: Pair) -> bool:
        errors = bool(pair.ours.error and pair.theirs.error)
        return errors and all(
            re.search(pattern, str(each.content)) for pattern, each in ((ours, pair.ours), (theirs, pair.theirs))
        )

    return matches


def _is_part_of_update(pair: Pair) -> bool:
    parts = pair.request.get("ReturnValues") in ("UPDATED_NEW", "UPDATED_OLD")
    return pair.action == "update_item" and parts and pair.is_answered


def _is_index_order(pair: Pair) -> bool:
    if not pair.is_answered or not pair.request.get("IndexName"):
        return False
    whole = "ExclusiveStartKey" not in pair.request
    return not whole or bool(pair.ours.content.get("ScannedCount") == pair.theirs.content.get("ScannedCount"))


def _is_partition_order(pair: Pair) -> bool:
    cut = "Limit" in pair.request or "ExclusiveStartKey" in pair.request
    return pair.action == "scan" and cut and pair.is_answered


def _is_number_spelling(pair: Pair) -> bool:
    return bool(re.search(r"'[23]\.0'", str(pair.request))) and pair.is_answered


def _is_duplicate_key(pair: Pair) -> bool:
    return "contains duplicates" in str(pair.ours.content) and not pair.theirs.error


def _is_index_key(pair: Pair) -> bool:
    return "Type mismatch for Index Key" in str(pair.ours.content)


def _is_two_faults(pair: Pair) -> bool:
    return pair.ours.error == pair.theirs.error == "ValidationException" and all(
        str(each.content).startswith(_OF_A_REQUEST) for each in (pair.ours, pair.theirs)
    )


def _is_two_faults_of_an_update(pair: Pair) -> bool:
    actions = len(re.findall(r"\b(?:SET|REMOVE|ADD|DELETE)\b|,", str(pair.request.get("UpdateExpression"))))
    return actions > 1 and all(
        each.error == "ValidationException" and str(each.content).startswith(_OF_AN_UPDATE)
        for each in (pair.ours, pair.theirs)
    )


def _is_checked_update(pair: Pair) -> bool:
    checked = r"action (with value )?is not supported for the type|Only DELETE action is allowed"
    return bool("AttributeUpdates" in pair.request and re.search(checked, str(pair.ours.content)) and pair.theirs.error)


def _is_duplicate_item(pair: Pair) -> bool:
    return (pair.ours.error, pair.theirs.error) == ("DuplicateItemException", "DuplicateItem")


def _is_delete_of_nothing(pair: Pair) -> bool:
    deletes = re.match(r"DELETE .* sk = 5 AND ", str(pair.request.get("Statement")))
    return bool(deletes and not pair.ours.error and pair.theirs.error == "ConditionalCheckFailedException")


def _is_key_of_a_statement(pair: Pair) -> bool:
    names_key = "Statement" in pair.request and "This attribute is part of the key" in str(pair.ours.content)
    return names_key and pair.theirs.error == "ConditionalCheckFailedException"


def _is_failure_of_local(pair: Pair) -> bool:
    return pair.theirs.error == "InternalFailure"


def _is_reason_of_a_transaction(pair: Pair) -> bool:
    if pair.action != "transact_write_items" or pair.ours.error != "TransactionCanceledException":
        return False
    if pair.theirs.error == "ValidationException":
        return True
    told = str(pair.theirs.content).replace("failed.", "failed")
    fewer = len(pair.ours.content) > len(pair.theirs.content) and told[:-1] in str(pair.ours.content)
    return fewer or str(pair.ours.content) == told


_OF_A_REQUEST = (
    *("Invalid ", "KeyConditionExpressions ", "Key attributes must be scalars", "Query ", "One or more parameter"),
    *("The provided starting key", "ALL_PROJECTED_ATTRIBUTES", "Exclusive Start Key"),
    *("Attempted conditional constraint", "QueryFilter can only contain"),
)
_OF_AN_UPDATE = (
    "The document path provided in the update expression is invalid for update",
    "An operand in the update expression has an incorrect data type",
    "The provided expression refers to an attribute that does not exist in the item",
)
_REFERENCE = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"
_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
_SUITE = "https://github.com/paritysuite/dynamodb-conformance: recorded on AWS"
_OTHER_SUITE = "https://github.com/architect/dynalite: its tests ran on AWS"

EXPLAINED = [
    Explained(
        "UPDATED_NEW and UPDATED_OLD give only what was changed, Local the whole attribute",
        _is_part_of_update,
        f"{_REFERENCE}API_UpdateItem.html#DDB-UpdateItem-request-ReturnValues",
    ),
    Explained(
        "entries of an index with equal keys are in no order",
        _is_index_order,
        f"{_GUIDE}GSI.html: the keys of an index need not be unique",
    ),
    Explained(
        "partitions of a table are in no order that is known",
        _is_partition_order,
        f"{_GUIDE}HowItWorks.Partitions.html",
    ),
    Explained(
        "leading and trailing zeros of numbers are trimmed, in sets and updates too",
        _is_number_spelling,
        f"{_GUIDE}HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number",
    ),
    Explained(
        "2 and 2.0 are one key, and a batch may have each key once",
        _is_duplicate_key,
        f"{_REFERENCE}API_BatchGetItem.html",
    ),
    Explained(
        "an attribute that is the key of an index has the type of the key",
        _is_index_key,
        f"{_GUIDE}GSI.html: a write of another type is rejected",
    ),
    Explained(
        "DELETE names the set of ADD", _messages("ALLOWED_FOR_ADD_OPERAND", "ALLOWED_FOR_DELETE_OPERAND"), _SUITE
    ),
    Explained(
        "some faults are counted: 1 validation error detected",
        _messages("^1 validation error", "^(Invalid|One or more)"),
        _SUITE,
    ),
    Explained(
        "a starting key is invalid, which Local words otherwise",
        _messages(
            "^The provided starting key|cannot be restarted", "^Exclusive Start Key|^The provided|^Type mismatch"
        ),
        _OTHER_SUITE,
    ),
    Explained(
        "the missing attribute of a key, or the number of conditions, is named",
        _messages("^Query condition missed|^The number of query conditions", "^Query|^Cond"),
        _SUITE,
    ),
    Explained("updates that do not fit their items cancel a transaction", _is_reason_of_a_transaction, _SUITE),
    Explained(
        "of two faults one is reported, and the documentation does not say which",
        _is_two_faults,
        f"{_GUIDE}Programming.Errors.html",
    ),
    Explained(
        "AttributeUpdates are checked before the item and its conditions",
        _is_checked_update,
        _OTHER_SUITE,
    ),
    Explained(
        "an INSERT of a key that is there has the API's exception",
        _is_duplicate_item,
        f"{_REFERENCE}API_ExecuteStatement.html",
    ),
    Explained(
        "a DELETE of an item that is not there deletes none, whatever its condition",
        _is_delete_of_nothing,
        f"{_GUIDE}ql-reference.delete.html",
    ),
    Explained(
        "an UPDATE that names the key is refused before its item is looked for",
        _is_key_of_a_statement,
        f"{_GUIDE}ql-reference.update.html",
    ),
    Explained("Local fails", _is_failure_of_local, f"{_GUIDE}Programming.Errors.html"),
    Explained(
        "of two actions that do not fit the item one is reported, and the documentation does not say which",
        _is_two_faults_of_an_update,
        f"{_GUIDE}Expressions.UpdateExpressions.html",
    ),
]
