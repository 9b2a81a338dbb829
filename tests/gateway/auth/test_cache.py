from __future__ import annotations

from homeport.gateway.auth.lambda_authorizer import TimedCache


def test_the_least_recently_used_value_is_dropped_first() -> None:
    cache: TimedCache[int] = TimedCache(60, lambda: 0.0, max_size=2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_a_new_value_has_its_own_expiry() -> None:
    now = [0.0]
    cache: TimedCache[int] = TimedCache(10, lambda: now[0])
    cache.put("a", 1)
    now[0] = 9
    cache.put("a", 2)
    now[0] = 18.9
    assert cache.get("a") == 2
    now[0] = 19
    assert cache.get("a") is None


def test_a_ttl_of_zero_keeps_no_value() -> None:
    cache: TimedCache[int] = TimedCache(0, lambda: 0.0)
    cache.put("a", 1)
    assert cache.get("a") is None
