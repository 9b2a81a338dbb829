"""DynamoDB tables: Terraform writes keys and indexes in attributes, CloudFormation in lists.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/dynamodb_table
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from homeport.environment import state_dir
from homeport.package_cache import make_once
from homeport.project.model import Source, TableSeed
from homeport.project.source.graft import relative_file
from homeport.project.terraform.configuration.views import View
from homeport.project.terraform.evaluation.values import StandInText, as_number, as_text, plain
from homeport.project.terraform.lines import ValueLines
from homeport.project.terraform.translation.documents import document_of
from homeport.project.terraform.translation.made import MadeResource, Translation

_KEYS = (("hash_key", "HASH"), ("range_key", "RANGE"))


def complete_table(made: MadeResource, translation: Translation) -> None:
    """Set the keys, the indexes, the capacity, the stream and the expiry of a table."""
    view, lines = made.instance.view, translation.settings.lines
    with translation.reporting("the table", made.instance, protects=True):
        made.set("KeySchema", _keys(view, lines), view.place("hash_key"))
        attributes = [
            lines.place_map(
                {"AttributeName": each.get("name"), "AttributeType": each.get("type")},
                each.source,
                {"AttributeName": each.place("name"), "AttributeType": each.place("type")},
            )
            for each in view.views("attribute")
        ]
        made.set("AttributeDefinitions", attributes, view.place("attribute"))
        if isinstance(made.properties.get("BillingMode"), StandInText):
            made.properties["BillingMode"] = "PAY_PER_REQUEST"
        is_provisioned = made.properties.get("BillingMode", "PROVISIONED") != "PAY_PER_REQUEST"
        if is_provisioned:
            # The provider ignores changes of capacity by auto scaling, and needs a first one.
            made.set("ProvisionedThroughput", _capacity(view, view), view.place("read_capacity"))
        for name, key in (
            ("global_secondary_index", "GlobalSecondaryIndexes"),
            ("local_secondary_index", "LocalSecondaryIndexes"),
        ):
            indexes = [
                _index(each, view, lines, has_capacity=is_provisioned and name.startswith("global"))
                for each in view.views(name)
            ]
            if indexes:
                made.set(key, indexes, view.place(name))
        _settings(made, view)


def table_seeds(translation: Translation) -> tuple[TableSeed, ...]:
    """Return the items that are resources of their own, as a file for each table."""
    items: dict[str, list[Any]] = {}
    for instance in translation.of_type("aws_dynamodb_table_item"):
        with translation.reporting("the item", instance):
            place = instance.view.place("item")
            item = document_of(instance.view.get("item"), place, translation.settings.lines)
            if isinstance(item, dict):
                items.setdefault(as_text(instance.view.get("table_name")), []).append(plain(item))
    return tuple(_seed(table, found, translation) for table, found in items.items())


def _seed(table: str, items: list[Any], translation: Translation) -> TableSeed:
    text = json.dumps(items, indent=1)
    root = translation.settings.root
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]

    def fill(folder: Path) -> None:
        (folder / "items.json").write_text(text, encoding="utf-8")

    folder = make_once(state_dir(root) / "code" / f"items-{digest}", fill)
    return TableSeed(table, relative_file(root, folder / "items.json"), in_dynamodb_json=True)


def _settings(made: MadeResource, view: View) -> None:
    if view.get("stream_enabled") or (view.get("stream_view_type") and view.get("stream_enabled") is None):
        kind = view.get("stream_view_type") or "NEW_AND_OLD_IMAGES"
        made.set("StreamSpecification", {"StreamViewType": kind}, view.place("stream_enabled"))
    ttl = view.first("ttl")
    if ttl is not None and ttl.get("attribute_name"):
        enabled = ttl.get("enabled")
        value = {"AttributeName": ttl.get("attribute_name"), "Enabled": True if enabled is None else enabled}
        made.set("TimeToLiveSpecification", value, ttl.source)
    recovery = view.first("point_in_time_recovery")
    if recovery is not None:
        value = {"PointInTimeRecoveryEnabled": recovery.get("enabled")}
        made.set("PointInTimeRecoverySpecification", value, recovery.source)


def _keys(view: View, lines: ValueLines) -> list[Any]:
    made = [
        lines.place_map({"AttributeName": view.get(name), "KeyType": kind}, view.place(name), {})
        for name, kind in _KEYS
        if view.get(name) not in (None, "")
    ]
    # Newer versions of the provider write the keys of an index as blocks.
    made += [
        lines.place_map({"AttributeName": each.get("attribute_name"), "KeyType": each.get("key_type")}, each.source, {})
        for each in view.views("key_schema")
    ]
    return made


def _capacity(view: View, otherwise: View) -> dict[str, Any]:
    def units(name: str) -> Any:
        given = view.get(name)
        return as_number(given if given is not None else otherwise.get(name) or 1)

    return {"ReadCapacityUnits": units("read_capacity"), "WriteCapacityUnits": units("write_capacity")}


def _index(view: View, table: View, lines: ValueLines, *, has_capacity: bool) -> dict[str, Any]:
    keys = _keys(view, lines)
    if not any(each["KeyType"] == "HASH" for each in keys):
        # A local index has the hash key of its table.
        keys.insert(0, lines.place_map({"AttributeName": table.get("hash_key"), "KeyType": "HASH"}, view.source, {}))
    projection: dict[str, Any] = {"ProjectionType": as_text(view.get("projection_type") or "ALL")}
    if view.get("non_key_attributes"):
        projection["NonKeyAttributes"] = list(view.get("non_key_attributes"))
    made = {"IndexName": view.get("name"), "KeySchema": keys, "Projection": projection}
    if has_capacity:
        made["ProvisionedThroughput"] = _capacity(view, table)
    places: dict[str, Source] = {"IndexName": view.place("name"), "Projection": view.place("projection_type")}
    return lines.place_map(made, view.source, places)
