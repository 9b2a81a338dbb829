"""Streams of Kinesis, their records, and records put by hand.

Reading a stream has no effect on its consumers: each has a position of its own.
https://docs.aws.amazon.com/streams/latest/dev/developing-consumers-with-sdk.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    clip,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_EMPTY = "No streams. Write one into deploy/resources.yaml: an AWS::Kinesis::Stream"
_NO_RECORDS = "No records. Put one below, or have a function put it."
# Records in the list, and how many are read to find the latest.
_SHOWN, _READ = 100, 10_000
_PAGE = 1000


def overview(site: SiteContext) -> ResourceList:
    """Return the streams."""
    kinesis = client(site, "kinesis")
    rows = []
    for name in kinesis.list_streams(Limit=100).get("StreamNames", []):
        found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        shards = Cell(str(found.get("OpenShardCount", "")), kind="number")
        rows.append(Row((Cell(name, url_for(".show_stream", name=name)), Cell(found["StreamStatus"].lower()), shards)))
    return ResourceList("Streams", ("Stream", "State", "Shards"), tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of streams."""
    views = PageRegistry(pages)

    @views.page("/streams/<name>")
    def show_stream(name: str) -> ServicePage:
        kinesis = client(site, "kinesis")
        found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        shards = [each["ShardId"] for each in kinesis.list_shards(StreamName=name)["Shards"]]
        fields = (
            FormField("data", "Data", kind="area", required=True),
            FormField("key", "Partition key", "1", required=True),
        )
        return ServicePage(
            title=name,
            parents=(("Services", url_for(".show_all")),),
            facts=(
                ("State", found["StreamStatus"].lower()),
                ("Kept for", f"{found.get('RetentionPeriodHours', 24)} hours"),
                ("ARN", found["StreamARN"]),
            ),
            listings=tuple(_records(kinesis, name, shard) for shard in shards),
            forms=(ActionForm("Put a record", url_for(".put_record", name=name), "Put", fields),),
        )

    @views.action("/streams/<name>/put")
    def put_record(name: str, sent: Mapping[str, Any]) -> Done:
        data, key = text_of(sent, "data", "the data"), text_of(sent, "key", "the partition key")
        made = client(site, "kinesis").put_record(StreamName=name, Data=data.encode(), PartitionKey=key)
        return Done(f"Put {made['SequenceNumber']} into {made['ShardId']}.")


def _records(kinesis: Any, stream: str, shard: str) -> ResourceList:
    found = list(_read(kinesis, stream, shard))
    columns = ("Arrived", "Partition key", "Data", "Sequence number")
    note = f"The latest {_SHOWN} of {'more than ' * (len(found) >= _READ)}{len(found)}." if len(found) > _SHOWN else ""
    return ResourceList(f"Records of {shard}", columns, tuple(map(_row, found[: -_SHOWN - 1 : -1])), _NO_RECORDS, note)


def _read(kinesis: Any, stream: str, shard: str) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a shard from its beginning, the first _READ of them."""
    place = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator, count = kinesis.get_shard_iterator(**place)["ShardIterator"], 0
    while iterator and count < _READ:
        page = kinesis.get_records(ShardIterator=iterator, Limit=_PAGE)
        yield from page["Records"]
        count += len(page["Records"])
        iterator = page.get("NextShardIterator")
        if not page["Records"] and not page.get("MillisBehindLatest"):
            return


def _row(record: Mapping[str, Any]) -> Row:
    at, data = record["ApproximateArrivalTimestamp"], record["Data"]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = f"({len(data)} bytes)"
    return Row(
        (
            Cell(f"{at:%H:%M:%S}", kind="when"),
            Cell(record["PartitionKey"]),
            Cell(clip(text), kind="target"),
            Cell(record["SequenceNumber"], kind="target"),
        )
    )
