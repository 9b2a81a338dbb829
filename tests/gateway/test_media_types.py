from __future__ import annotations

import pytest

from homeport.gateway.http.message import essence, first_accepted, matches_binary


def test_the_essence_of_a_type_has_no_parameters_and_no_capitals() -> None:
    assert essence("Text/HTML ; charset=UTF-8") == "text/html"


def test_only_the_first_accepted_type_counts_whatever_its_weight() -> None:
    assert first_accepted("image/webp;q=0.1,image/png") == "image/webp;q=0.1"
    assert first_accepted(None) is None


@pytest.mark.parametrize(
    ("media_type", "listed", "matches"),
    [
        ("image/png", ("image/png",), True),
        ("IMAGE/PNG; q=0.5", ("image/png",), True),
        ("image/png", ("image/jpg",), False),
        ("image/png", ("image/*",), True),
        ("image/*", ("image/*",), True),
        ("image/*", ("image/png",), False),
        ("*/*", ("image/png",), False),
        ("*/*", ("*/*",), True),
        ("anything", ("*/*",), True),
        (None, ("*/*",), True),
        (None, ("image/png",), False),
        ("random/test", ("*/test",), False),
        ("*/test", ("*/test",), False),
        ("imagery/png", ("image/*",), False),
        ("image/png", (), False),
    ],
)
def test_binary_types_match_as_recorded(media_type: str | None, listed: tuple[str, ...], matches: bool) -> None:
    assert matches_binary(media_type, listed) is matches
