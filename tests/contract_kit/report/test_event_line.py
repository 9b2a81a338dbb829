"""The event of a finding as the report's line has it."""

from __future__ import annotations

import pytest

from homeport.contract.report.findings import event_text

pytestmark = pytest.mark.unit


def test_the_event_of_a_finding_is_short_and_has_no_token() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmVk"
    event = {"headers": {"authorization": f"Bearer {token}"}, "cookies": [f"session={token}"]}
    assert event_text(event) == '{"headers": {"authorization": "Bearer ***"}, "cookies": ["session=***"]}'
    assert len(event_text({"body": "x" * 5000})) == 1001
