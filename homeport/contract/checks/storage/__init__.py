"""Storage: the tables behind an API hold what it answers."""

from __future__ import annotations

from homeport.contract.checks.storage import expired_items, indexes, sort_keys, stored_answers

CHECKS = (*stored_answers.CHECKS, *indexes.CHECKS, *sort_keys.CHECKS, *expired_items.CHECKS)
