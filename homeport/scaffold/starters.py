"""The projects that ``homeport init`` starts from, as its help lists them. Each command reads this table at start."""

from __future__ import annotations

from collections.abc import Mapping

STARTERS: Mapping[str, str] = {
    "crud": "create, read, list, replace and delete over one table, in under 250 lines",
    "blank": "no operation yet: homeport add makes the first",
    "items": "the model of a production service: ETags, idempotent retries, batches",
    "hello": "one route of a REST API, without a table",
    "hits": "counters on /{proxy+}",
    "orders": "a stream, a queue with dead letters, uploads to S3 and a schedule around three routes",
    "shop": "users, admins and partners; transactions on a single table",
}
"""The projects by name, the default one first, and what is in each."""

IN_NODE = ("crud", "blank", "items", "hello")
"""Those that are there in Node.js too."""
