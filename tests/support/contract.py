"""Makes what the contract's tools work on."""

from __future__ import annotations

import base64
import json
from typing import Any

from homeport.contract.http_exchange import HttpExchange


def make_exchange(**given: Any) -> HttpExchange:
    """A call, with what a test doesn't care about filled in."""
    return HttpExchange(**{"method": "GET", "url": "http://127.0.0.1:8080/items", "status": 200, **given})


def make_scenario(*cases: dict[str, Any], label: str = "GET /items") -> str:
    """A line of schemathesis' NDJSON: one scenario, in which each case follows ``parent`` and fails ``checks``."""
    recorder: dict[str, Any] = {"label": label, "cases": {}, "checks": {}, "interactions": {}}
    for case in cases:
        name = case["id"]
        recorder["cases"][name] = {"value": {}, **({"parent_id": case["parent"]} if "parent" in case else {})}
        recorder["checks"][name] = [
            {"name": check, "status": "failure", "failure_info": {"failure": {"title": check, "message": "m"}}}
            for check in case.get("checks", ())
        ]
        recorder["interactions"][name] = {
            "request": {"method": case.get("method", "GET"), "uri": f"http://h/{name}", "headers": {"A": ["b"]}},
            "response": {
                "status_code": case.get("status", 200),
                "headers": {"apigw-requestid": [f"id-{name}"]},
                "content": {"$base64": base64.b64encode(b"{}").decode()},
            },
        }
    return json.dumps({"ScenarioFinished": {"status": "failure", "recorder": recorder}})
