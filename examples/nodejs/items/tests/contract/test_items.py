"""Items are created, read, listed, replaced and deleted."""

from __future__ import annotations

import requests


def test_an_item_lives_from_its_creation_to_its_end(api: str) -> None:
    created = requests.post(f"{api}/items", json={"name": "Widget"}, timeout=30)
    assert created.status_code == 201, created.text
    url = f"{api}{created.headers['location']}"
    assert requests.get(url, timeout=30).json() == created.json()
    assert created.json() in requests.get(f"{api}/items?limit=100", timeout=30).json()["items"]
    replaced = requests.put(url, json={"name": "Gadget", "description": "small"}, timeout=30)
    assert (replaced.status_code, replaced.json()["name"]) == (200, "Gadget")
    assert requests.delete(url, timeout=30).status_code == 204
    assert requests.get(url, timeout=30).status_code == 404


def test_what_is_wrong_with_an_item_is_named(api: str) -> None:
    refused = requests.post(f"{api}/items", json={"nam": "Widget"}, timeout=30)
    assert (refused.status_code, refused.json()["detail"]) == (400, "nam: is not known; name: is required")
