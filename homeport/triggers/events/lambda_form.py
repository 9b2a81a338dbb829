"""Events as services hand them to queues and to HTTP endpoints, brought into the form that Lambda gives a function.

The services that run here write a few members as SNS does for queues, and the detail of a schedule as a map.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.triggers.events.sns import sns_event


def in_lambda_form(event: bytes) -> bytes:
    """Return an event as Lambda has it; one that is in that form already, or of no known source, stays as it is."""
    try:
        document = json.loads(event)
    except ValueError:
        return event
    match document:
        case {"Records": [{"EventSource": "aws:sns", "EventSubscriptionArn": str(arn), "Sns": {**notification}}]}:
            if {"MessageId", "TopicArn", "Message", "Timestamp"} <= notification.keys():
                return json.dumps(sns_event(_with_urls(dict(document["Records"][0]["Sns"])), arn)).encode()
        case {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": Mapping() as detail} if not detail:
            return json.dumps({**document, "detail": "{}"}).encode()
    return event


def _with_urls(notification: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notification whose URLs have the names of SNS's own form, by whichever names they came."""
    names = {"SigningCertUrl": "SigningCertURL", "UnsubscribeUrl": "UnsubscribeURL"}
    return {names.get(name, name): value for name, value in notification.items()}
