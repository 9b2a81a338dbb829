"""The tables of a template, for deploy/resources.yaml.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-simpletable.html
"""

from __future__ import annotations

import copy
import json

from homeport.scaffold.adopted.notes import Adoption, Json

_TABLE = "AWS::DynamoDB::Table"
_SIMPLE = "AWS::Serverless::SimpleTable"
_KINDS = {"String": "S", "Number": "N", "Binary": "B"}


def take_tables(notes: Adoption, template: Json) -> Json:
    """A fragment with the template's tables, and the parameters and conditions that these refer to."""
    tables: Json = {}
    for name, resource in template["Resources"].items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if kind in (_TABLE, _SIMPLE):
            made = copy.deepcopy(resource)
            properties = made.setdefault("Properties", {}) or {}
            if "TableName" in properties:
                del properties["TableName"]
                notes.note_original(
                    ("Resources", name, "Properties", "TableName"), f"TableName of {name}: stages would collide"
                )
            tables[name] = _plain(made, properties) if kind == _SIMPLE else made
    text = json.dumps(tables)
    shared = {
        part: {name: copy.deepcopy(said) for name, said in (template.get(part) or {}).items() if f'"{name}"' in text}
        for part in ("Parameters", "Conditions")
    }
    return {**{part: said for part, said in shared.items() if said}, "Resources": tables}


def _plain(resource: Json, properties: Json) -> Json:
    key = properties.get("PrimaryKey") or {"Name": "id", "Type": "String"}
    made: Json = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key["Name"], "AttributeType": _KINDS.get(str(key["Type"]), "S")}],
        "KeySchema": [{"AttributeName": key["Name"], "KeyType": "HASH"}],
    }
    kept = {name: value for name, value in properties.items() if name in ("SSESpecification", "Tags")}
    return {**resource, "Type": _TABLE, "Properties": {**made, **kept}}
