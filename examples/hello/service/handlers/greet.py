"""GET /hello."""

from __future__ import annotations

from typing import Any

from service.proxy import problem, query, reply


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """200 with the stage's greeting for ``name``, 400 if there is something wrong with the name."""
    asked, errors = query("greet", event)
    if errors:
        return problem(400, "Bad Request", errors, context.aws_request_id)
    stage = event["requestContext"]["stage"]
    greeting = f"{event['stageVariables']['greeting']}, {asked['name']}!"
    return reply(200, {"greeting": greeting, "stage": stage})
