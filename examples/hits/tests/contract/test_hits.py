"""The counter as its users see it."""

from __future__ import annotations

import http.client
import os
import random
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

HITS = int(os.environ.get("HITS", "2000"))
CONNECTIONS = 32


def stats(api: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{api}/stats", params=query, timeout=30).json()
    return found


def counts(ranking: dict[str, Any]) -> dict[str, int]:
    return {entry["route"]: entry["hits"] for entry in ranking["routes"]}


def test_any_method_of_any_route_is_a_hit(api: str) -> None:
    route = f"/any/{uuid.uuid4()}"
    hits = [requests.request(method, api + route, timeout=10) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    assert [hit.status_code for hit in hits] == [200] * 5
    assert hits[0].json()["route"] == route
    day = hits[0].json()["day"]
    assert counts(stats(api, day=day, limit=100))[route] == 5


def test_a_route_with_a_slash_at_its_end_is_a_route_of_its_own(api: str) -> None:
    route = f"/slash/{uuid.uuid4()}"
    hit = requests.get(f"{api}{route}/", timeout=10).json()
    assert hit["route"] == f"{route}/"
    found = counts(stats(api, day=hit["day"], limit=100))
    assert (found.get(f"{route}/"), found.get(route)) == (1, None)


def test_a_hit_counts_for_its_hour_and_its_day(api: str) -> None:
    route = f"/hour/{uuid.uuid4()}"
    hit = requests.get(api + route, timeout=10).json()
    day, hour = hit["day"], hit["hour"]
    assert counts(stats(api, day=day, limit=100))[route] == 1
    assert counts(stats(api, day=day, hour=hour, limit=100))[route] == 1
    assert route not in counts(stats(api, day=day, hour=(hour + 1) % 24, limit=100))


def test_routes_are_ranked_by_their_hits_in_the_hour_or_on_the_day(api: str) -> None:
    assert stats(api, day="2026-01-31") == {
        "day": "2026-01-31",
        "hits": 6,
        "routes": [{"route": "/docs/start", "hits": 5}, {"route": "/about", "hits": 1}],
    }
    hour = stats(api, day="2026-01-31", hour=10)
    assert (hour["hits"], hour["routes"]) == (1, [{"route": "/docs/start", "hits": 1}])
    assert stats(api, day="2026-01-31", limit=1)["routes"] == [{"route": "/docs/start", "hits": 5}]


def test_a_day_without_hits_has_an_empty_ranking(api: str) -> None:
    assert stats(api, day="1999-12-31") == {"day": "1999-12-31", "hits": 0, "routes": []}


@pytest.mark.parametrize("query", [{"hour": 24}, {"day": "2026-02-30"}, {"day": "today"}, {"limit": 0}])
def test_a_ranking_that_there_can_not_be_is_refused(api: str, query: dict[str, Any]) -> None:
    reply = requests.get(f"{api}/stats", params=query, timeout=10)
    assert reply.status_code == 400
    assert {error["pointer"] for error in reply.json()["errors"]} == {f"/{next(iter(query))}"}


def test_many_hits_at_once_are_counted_exactly(api: str) -> None:
    base = f"/race/{uuid.uuid4()}"
    routes = [f"{base}/{number}" for number in range(5)]
    # Most of them go to one route, as they do where a counter hurts.
    wanted = random.Random(7).choices(routes, weights=[80, 10, 5, 4, 1], k=HITS)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        days = set().union(*pool.map(lambda start: hit(api, wanted[start::CONNECTIONS]), range(CONNECTIONS)))
    found: Counter[str] = Counter()
    for day in days:
        found.update(counts(stats(api, day=day, limit=100)))
    assert {route: found[route] for route in routes} == Counter(wanted)


def hit(api: str, routes: list[str]) -> set[str]:
    """Hit routes one after the other over one connection; the days on which they were counted."""
    place = urlsplit(api)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    days = set()
    for route in routes:
        connection.request("GET", place.path + route)
        reply = connection.getresponse()
        body = reply.read().decode()
        assert reply.status == 200, body
        days.add(body.partition('"day":"')[2][:10])
    connection.close()
    return days
