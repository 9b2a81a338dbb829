"""Items of a table as JSON lines: exported, imported, and refused where a line is no item."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from homeport.cli import main
from homeport.dynamodb.json_lines import LinesError, export_items, import_items, read_lines
from tests.support.dynamodb import create_items_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEMS: list[dict[str, Any]] = [
    {
        "itemId": {"S": f"{number:03d}"},
        "n": {"N": str(number)},
        "b": {"B": b"\xff"},
        "l": {"L": [{"M": {}}, {"NULL": True}]},
    }
    for number in range(60)
]


def test_lines_are_items_in_the_form_of_boto3(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"Item": {"id": {"S": "1"}, "b": {"BS": ["/w=="]}}}\n\n{"Item": {"id": {"S": "2"}}}\n')
    assert list(read_lines(file)) == [{"id": {"S": "1"}, "b": {"BS": [b"\xff"]}}, {"id": {"S": "2"}}]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": {"S": "1"}}', '{"Item": {"id": "1"}}', '{"Item": {"id": {"X": 1}}}']
)
def test_line_that_is_no_item_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text(f'{{"Item": {{"id": {{"S": "1"}}}}}}\n{line}\n')
    with pytest.raises(LinesError, match=r"items\.jsonl:2: "):
        list(read_lines(file))


@pytest.mark.stack
@pytest.mark.parametrize("name", ["items.jsonl", "items.jsonl.gz"])
def test_items_of_a_table_come_back_as_they_were(
    dynamodb: DynamoDBClient, name_of: Callable[[str], str], tmp_path: Path, name: str
) -> None:
    first, second, file = name_of("first"), name_of("second"), tmp_path / name
    for table in (first, second):
        create_items_table(dynamodb, table)
    for item in ITEMS:
        dynamodb.put_item(TableName=first, Item=item)
    assert export_items(dynamodb, first, file) == len(ITEMS)
    assert import_items(dynamodb, second, file) == len(ITEMS)
    found = dynamodb.scan(TableName=second, ConsistentRead=True)["Items"]
    assert sorted(found, key=lambda item: item["itemId"]["S"]) == ITEMS
    with pytest.raises(LinesError, match="holds items already"):
        import_items(dynamodb, second, file)
    assert import_items(dynamodb, second, file, replace=True) == len(ITEMS)
    with pytest.raises(LinesError, match="is there already"):
        export_items(dynamodb, first, file)


@pytest.mark.stack
def test_nothing_is_written_of_a_damaged_file(
    dynamodb: DynamoDBClient, name_of: Callable[[str], str], tmp_path: Path
) -> None:
    table, file = name_of("items"), tmp_path / "items.jsonl"
    create_items_table(dynamodb, table)
    file.write_text(json.dumps({"Item": {"itemId": {"S": "1"}}}) + "\n{\n")
    with pytest.raises(LinesError, match=r"items\.jsonl:2: "):
        import_items(dynamodb, table, file)
    assert dynamodb.scan(TableName=table)["Count"] == 0
    with pytest.raises(LinesError, match="there is no table"):
        export_items(dynamodb, name_of("gone"), tmp_path / "gone.jsonl")


def test_command_writes_to_no_table_on_aws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://dynamodb.eu-west-1.amazonaws.com"
    assert main(["dynamodb", "import", "items", str(tmp_path / "items.jsonl"), "--url", url]) == 2
    assert "a local DynamoDB alone" in capsys.readouterr().err
    assert main(["dynamodb", "export", "items"]) == 2
    assert "needs a table and a file" in capsys.readouterr().err
