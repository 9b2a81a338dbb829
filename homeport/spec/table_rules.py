"""What DynamoDB asks of a table beyond its shape, in the order in which a person would mend it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from homeport.spec.names import nearest
from homeport.spec.view import View

_INDEX_NAME = r"[a-zA-Z0-9_.-]{3,255}"
_MOST_GLOBAL = 20
_MOST_LOCAL = 5
_KEYS_PER_KIND_OF_GLOBAL = 4


def check_table(table: View) -> None:
    """Report what DynamoDB would refuse in a table whose properties have the right shape."""
    defined = [str(view.value["AttributeName"]) for view in table.list("AttributeDefinitions")]
    _check_keys(table, 1)
    hash_key = next((name for name, kind in _keys(table) if kind == "HASH"), None)
    global_indexes, local_indexes = table.list("GlobalSecondaryIndexes"), table.list("LocalSecondaryIndexes")
    for index in global_indexes:
        _check_keys(index, _KEYS_PER_KIND_OF_GLOBAL)
    for index in local_indexes:
        _check_keys(index, 1)
        _check_local(index, hash_key)
    _check_counts(table, len(global_indexes), len(local_indexes))
    _check_index_names([*global_indexes, *local_indexes])
    _check_attributes(table, [table, *global_indexes, *local_indexes], defined)
    _check_billing(table, global_indexes)


def _keys(view: View) -> Iterator[tuple[str, str]]:
    for element in view.list("KeySchema"):
        yield element.value["AttributeName"], element.value["KeyType"]


def _check_keys(view: View, most: int) -> None:
    kinds = [kind for _, kind in _keys(view)]
    at = view.at("KeySchema")
    if kinds != sorted(kinds):
        at.error("the HASH key comes before the RANGE key", "swap them")
    if "HASH" not in kinds:
        at.error("a key schema needs a HASH key", "mark the partition key as HASH")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > most:
            at.error(f"{kinds.count(kind)} {kind} keys are more than {most}", "keep fewer")


def _check_local(index: View, hash_key: str | None) -> None:
    keys = list(_keys(index))
    if ("RANGE" not in [kind for _, kind in keys]) or keys[0][0] != hash_key:
        index.at("KeySchema").error(
            f"a local index has the table's HASH key ({hash_key}) and a RANGE key of its own",
            "for another HASH key use GlobalSecondaryIndexes",
        )


def _check_counts(table: View, global_: int, local: int) -> None:
    for key, count, most in (
        ("GlobalSecondaryIndexes", global_, _MOST_GLOBAL),
        ("LocalSecondaryIndexes", local, _MOST_LOCAL),
    ):
        if count > most:
            table.at(key).error(f"{count} {key} are more than DynamoDB's {most}", "keep fewer")


def _check_index_names(indexes: Iterable[View]) -> None:
    seen: set[str] = set()
    for index in indexes:
        name = index.value["IndexName"]
        if not re.fullmatch(_INDEX_NAME, name):
            index.at("IndexName").error(f"{name!r} is no index name", "use 3 to 255 letters, digits, _, . and -")
        if name in seen:
            index.at("IndexName").error(f"the index {name!r} is there twice", "rename one of them")
        seen.add(name)


def _check_attributes(table: View, keyed: Iterable[View], defined: list[str]) -> None:
    used: set[str] = set()
    for view in keyed:
        for element in view.list("KeySchema"):
            name = element.value["AttributeName"]
            used.add(name)
            if name not in defined:
                near = nearest(name, defined)
                cure = f"did you mean {near}?" if near is not None else "define it there"
                element.at("AttributeName").error(f"the key {name!r} is not in AttributeDefinitions", cure)
    for definition in table.list("AttributeDefinitions"):
        name = definition.value["AttributeName"]
        if name not in used:
            definition.error(
                f"the attribute {name!r} is defined but no key uses it",
                "remove it: DynamoDB wants key attributes only",
            )
        if defined.count(name) > 1:
            definition.error(f"the attribute {name!r} is defined twice", "remove one of them")


def _check_billing(table: View, global_indexes: Iterable[View]) -> None:
    on_demand = table.value.get("BillingMode") == "PAY_PER_REQUEST"
    for view in (table, *global_indexes):
        if on_demand and view.has("ProvisionedThroughput"):
            view.at("ProvisionedThroughput").error("a PAY_PER_REQUEST table has no ProvisionedThroughput", "remove it")
        elif not on_demand and not view.has("ProvisionedThroughput"):
            view.error("a PROVISIONED table needs ProvisionedThroughput", "set BillingMode: PAY_PER_REQUEST, or add it")
    expiry = table.map("TimeToLiveSpecification")
    if expiry.value.get("Enabled") and not expiry.has("AttributeName"):
        expiry.error("TimeToLiveSpecification needs an AttributeName", "name the attribute with the expiry time")
