"""What Apache Velocity 1.7 rendered, template by template; ``velocity/record.py`` recorded it."""

from __future__ import annotations

import json

import pytest

from tests.vtl.velocity.record import RECORDED, render_with_ours

_PAIRS: list[tuple[str, str | None]] = json.loads(RECORDED.read_text("utf-8"))


@pytest.mark.parametrize("start", range(0, len(_PAIRS), 50))
def test_templates_render_as_velocity_renders_them(start: int) -> None:
    pairs = dict(_PAIRS[start : start + 50])
    assert {template: render_with_ours(template) for template in pairs} == pairs


def test_recording_has_templates_that_fail_and_that_do_not() -> None:
    failing = sum(expected is None for _, expected in _PAIRS)
    assert len(_PAIRS) > 700 and 100 < failing < len(_PAIRS) / 2
