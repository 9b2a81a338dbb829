"""URIs of integrations and the targets that calls make of them."""

from __future__ import annotations

import pytest

from homeport.gateway.errors import GatewayError
from homeport.gateway.integrations.custom.uri import BackendPlace, add_query, encode_path_value, fill_path, split_url


def test_placeholders_are_filled_in_path_and_query_and_others_stay() -> None:
    uri = "http://a/{x}/b?q={y}&z={none}"
    assert fill_path(uri, {"x": "1%2F2", "y": "3"}) == "http://a/1%2F2/b?q=3&z={none}"


def test_a_value_keeps_its_slashes_in_a_path() -> None:
    assert encode_path_value("a b/c?d&é") == "a%20b/c%3Fd%26%C3%A9"


@pytest.mark.parametrize(
    ("target", "client", "mapped", "whole"),
    [
        ("/", "", [], "/"),
        ("/a?own=1", "x=%20y&x=2", [("m", "a b"), ("m", "&")], "/a?own=1&x=%20y&x=2&m=a%20b&m=%26"),
        ("/a", "", [("m", "1")], "/a?m=1"),
    ],
)
def test_query_parameters_are_added_in_order(
    target: str, client: str, mapped: list[tuple[str, str]], whole: str
) -> None:
    assert add_query(target, client, mapped) == whole


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://a", BackendPlace("http://a", "/")),
        ("https://a:81/x y?z=é", BackendPlace("https://a:81", "/x%20y?z=%C3%A9")),
    ],
)
def test_a_url_is_split_into_host_and_target(url: str, place: BackendPlace) -> None:
    assert split_url(url) == place


@pytest.mark.parametrize("url", ["http://", "ftp://a/", "http:///x", "http://[::1", "a.example.com/x", "http://a:x/"])
def test_a_text_that_is_no_url_is_a_fault_of_the_configuration(url: str) -> None:
    with pytest.raises(GatewayError, match="is no URL of a backend"):
        split_url(url)
