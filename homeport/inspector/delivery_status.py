"""Delivery status of what a call sent, in words: it waits, was tried again, or went to a dead-letter queue. Pure.

The queue's RedrivePolicy and the function's settings of asynchronous invocations say so, and the runs that failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.project.model import Resources, ServiceResource
from homeport.project.triggers.trigger import AnyTrigger, QueueTrigger, StreamTrigger, Triggers
from homeport.recordings.followed import FollowedItem, FollowedRun

_QUEUE = "AWS::SQS::Queue"
# The origins of runs that are tried again as asynchronous invocations are.
_ASYNCHRONOUS = ("sns", "s3", "eventbridge", "schedule", "event", "invoke", "destination")


def delivery_status(made: FollowedItem, resources: Resources, triggers: Triggers) -> str:
    """Return what became of it, ``""`` where there is nothing to say: it was done, or nothing takes it."""
    if made.is_cut:
        return "and more runs, which are not followed here"
    if not made.runs:
        return _not_taken(made, triggers)
    last = made.runs[-1]
    if not last.link.failed:
        return ""
    if last.run.origin.startswith("sqs "):
        return _of_queue(last, resources)
    if last.run.origin.partition(" ")[0] in _ASYNCHRONOUS:
        return _of_async(made, last, triggers)
    return "it is tried again until it succeeds or expires"


def _not_taken(item: FollowedItem, triggers: Triggers) -> str:
    """Return that it waits for a trigger, or that a filter may have left it out; ``""``: no trigger takes it."""
    service, _, resource = item.what.partition(" ")
    name = resource.partition(" ")[2]
    awaiting = [each for each in triggers.every if _takes(each, service, name)]
    if not awaiting:
        return ""
    filtered = all(each.filters for each in awaiting if isinstance(each, QueueTrigger | StreamTrigger))
    return "no run has taken it: a filter leaves it out, or it waits" if filtered else "no run has taken it yet"


def _takes(trigger: AnyTrigger, service: str, name: str) -> bool:
    match trigger:
        case QueueTrigger(queue_arn=arn):
            return service == "sqs" and arn.rpartition(":")[2] == name
        case StreamTrigger(stream=stream):
            return service in ("dynamodb", "kinesis") and stream == name.removeprefix("stream/")
    return False


def _of_queue(last: FollowedRun, resources: Resources) -> str:
    name = last.run.origin.partition(" ")[2]
    policy = redrive_policy(_queue(resources, name))
    most = int(str(policy.get("maxReceiveCount", 0)) or 0)
    if most and last.link.receives >= most:
        target = str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]
        return f"it goes to the dead-letter queue {target} after {last.link.receives} receives"
    return f"it stays in {name}, and is received again when its visibility timeout is over"


def _of_async(made: FollowedItem, last: FollowedRun, triggers: Triggers) -> str:
    settings = triggers.async_settings(last.run.function)
    tries = sum(1 for each in made.runs if each.run.function == last.run.function)
    if tries <= settings.max_retries:
        return f"it is tried again ({tries} of {settings.max_retries + 1} times)"
    places = [arn.rpartition(":")[2] for arn in (settings.on_failure, settings.dead_letter) if arn]
    return f"given up after {tries} times" + (f", handed to {' and '.join(places)}" if places else " and discarded")


def redrive_policy(queue: ServiceResource | None) -> Mapping[str, Any]:
    """Return the policy by which a queue's messages go to its dead-letter queue, an empty one where it has none."""
    found = queue.properties.get("RedrivePolicy") if queue is not None else None
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return {}
    return found if isinstance(found, Mapping) else {}


def _queue(resources: Resources, name: str) -> ServiceResource | None:
    queues = (each for each in resources.others.values() if each.type == _QUEUE)
    return next((each for each in queues if each.physical_id.rpartition("/")[2] == name), None)
