from __future__ import annotations

import json

from homeport.contract.fuzz.least_privilege import (
    PrivilegeFindings,
    TablePermission,
    compare_permissions,
    hints,
    parse_permissions,
)
from homeport.project.model import Function, Source, Table


def functions(**access: tuple[str, ...]) -> dict[str, Function]:
    source = Source("openapi.yaml", 7)
    return {"get-item": Function("get-item", "service.handlers.get_item.handler", source, access=access)}


READ = TablePermission("get-item", "GetItem", "ItemsTable")


def test_a_declared_and_used_permission_is_no_finding() -> None:
    assert not compare_permissions(functions(ItemsTable=("GetItem",)), [(READ, True)])


def test_declared_access_that_was_not_used_is_found() -> None:
    found = compare_permissions(functions(ItemsTable=("GetItem", "Scan")), [(READ, True)])
    assert found == PrivilegeFindings(unused=(TablePermission("get-item", "Scan", "ItemsTable"),))
    assert hints(found, functions()) == [
        "openapi.yaml:7: get-item may Scan on ItemsTable, but never did: "
        "take Scan out of x-homeport.access.ItemsTable, or test what needs it"
    ]


def test_an_action_that_was_denied_is_found() -> None:
    found = compare_permissions(functions(), [(READ, False), (READ, False)])
    assert found == PrivilegeFindings(denied=(READ,))
    assert hints(found, functions()) == [
        "openapi.yaml:7: get-item asked for GetItem on ItemsTable and was denied: "
        "add GetItem to x-homeport.access.ItemsTable, or let the handler do without it"
    ]


def test_an_action_that_the_function_s_policies_allow_is_no_finding() -> None:
    assert not compare_permissions(functions(), [(READ, True)])


def test_recorded_arns_become_the_names_of_the_spec() -> None:
    prefix = "arn:aws:dynamodb:us-east-1:000000000000:table/"
    table = Table("ItemsTable", "items", {}, Source("deploy/resources.yaml", 1))
    resources = (f"{prefix}items", f"{prefix}items/index/byStatus", f"{prefix}other")
    lines = [
        json.dumps({"function": "f", "action": "dynamodb:Query", "resource": resource, "allowed": True})
        for resource in resources
    ]
    lines.append(json.dumps({"function": "f", "action": "s3:GetObject", "resource": "x", "allowed": True}))
    targets = [right.target for right, _ in parse_permissions(lines, [table])]
    assert targets == ["ItemsTable", "ItemsTable/byStatus", f"{prefix}other", "x"]


def test_action_of_another_service_that_was_denied_is_found() -> None:
    queue = "arn:aws:sqs:us-east-1:000000000000:orders"
    asked = {"function": "get-item", "action": "sqs:SendMessage", "resource": queue}
    denied, allowed = (parse_permissions([json.dumps({**asked, "allowed": each})], []) for each in (False, True))
    assert not compare_permissions(functions(), allowed)
    assert hints(compare_permissions(functions(), denied), functions()) == [
        f"openapi.yaml:7: get-item asked for sqs:SendMessage on {queue} and was denied: add {{Effect: Allow, "
        f"Action: sqs:SendMessage, Resource: '{queue}'}} to x-homeport.policies, or let the handler do without it"
    ]
