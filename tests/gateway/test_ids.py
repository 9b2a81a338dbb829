from __future__ import annotations

import re

import pytest

from homeport.gateway.ids import (
    reply_trace_id,
    resource_id,
    short_id,
    trace_id,
    uuid_id,
)

ROOT = "Root=1-3152b799-8954dae64eda91bc9a23a7e8"
SEGMENT = "7fa8c0f79203be72"


def test_ids_look_like_api_gateways() -> None:
    assert short_id(bytes(range(11))) == "AAECAwQFBgcICQo="
    assert uuid_id(bytes(range(16))) == "00010203-0405-4607-8809-0a0b0c0d0e0f"


def test_a_call_without_a_trace_gets_a_new_root_with_its_time() -> None:
    made = trace_id(None, 0x67FD87CD + 0.5, bytes(range(12)))
    assert made == "Root=1-67fd87cd-000102030405060708090a0b"


@pytest.mark.parametrize("incoming", [ROOT, f"{ROOT};Parent={SEGMENT};Sampled=1", f"Self=1-2-3;{ROOT}"])
def test_a_clients_trace_is_passed_on(incoming: str) -> None:
    assert trace_id(incoming, 0.0, bytes(12)) == incoming


@pytest.mark.parametrize("incoming", ["", "nonsense", "Root=1-2-3", f"{ROOT}0", f"{ROOT}\r\nX: y"])
def test_a_trace_without_a_proper_root_is_replaced(incoming: str) -> None:
    assert trace_id(incoming, 0.0, bytes(12)) == f"Root=1-{'0' * 8}-{'0' * 24}"


def test_a_reply_adds_a_parent_unless_the_client_gave_one() -> None:
    made = f"{ROOT};Parent={SEGMENT};Sampled=0;Lineage=1:{SEGMENT[:8]}:0"
    assert reply_trace_id(ROOT, SEGMENT) == made
    assert reply_trace_id(f"{ROOT};Sampled=1", SEGMENT) == made.replace("Sampled=0", "Sampled=1")
    full = f"{ROOT};Parent=0123456789abcdef;Sampled=1"
    assert reply_trace_id(full, SEGMENT) == full


def test_resource_ids_are_stable_and_the_roots_is_longer() -> None:
    assert resource_id("a1b2c3", "/items") == resource_id("a1b2c3", "/items")
    assert resource_id("a1b2c3", "/items") != resource_id("a1b2c3", "/other")
    assert re.fullmatch("[a-z0-9]{6}", resource_id("a1b2c3", "/items"))
    assert re.fullmatch("[a-z0-9]{10}", resource_id("a1b2c3", "/"))
