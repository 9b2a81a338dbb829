"""``homeport status``: the deployed stack, its deploys and alarms, and whether it differs from its template (drift)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from homeport.cloud.aws.bucket import Manifest
from homeport.cloud.aws.client import CallListener, ignore_call
from homeport.cloud.aws.stack_status import StackStatus, recovery_command
from homeport.cloud.deploy import deployed_resources, deployed_urls, resource_lines
from homeport.cloud.deploy_target import DeployTarget, find_target
from homeport.cloud.errors import CloudError
from homeport.cloud.prompt import Prompt
from homeport.project.project import Project
from homeport.terminal import Colour

_ALARMS: dict[str, Colour] = {"ALARM": "red", "OK": "green", "INSUFFICIENT_DATA": "grey"}
_SHOWN_DEPLOYS = 5
_LONGEST_DETECTION = timedelta(minutes=5)
ABSENT = 1


@dataclass(frozen=True, slots=True)
class ResourceDrift:
    """A resource that was changed by hand: the paths of its properties, none where it is gone."""

    logical_id: str
    type: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """Changes by hand. If CloudFormation could not look at everything, ``known`` is false and ``reason`` says why."""

    known: bool = True
    reason: str = ""
    resources: tuple[ResourceDrift, ...] = ()


def status(
    project: Project,
    prompt: Prompt,
    *,
    drift: bool = True,
    on_call: CallListener = ignore_call,
    publish: Callable[[Mapping[str, Any]], None] = lambda values: None,
) -> int:
    """Print the status of a stage. Return 1 where nothing is deployed. ``publish`` takes the result for programs.

    Raises CloudError.
    """
    target = find_target(project, on_call)
    current = target.stack.status()
    publish({"stack": target.stack.name, "region": target.region, "account": target.account})
    publish({"deployed": current.is_there, "status": current.status, "reason": current.reason})
    if not current.is_there:
        prompt.say(f"{target.stack.name}: not deployed in {target.region}, account {target.account}")
        return ABSENT
    urls, resources = deployed_urls(target, target.stack.outputs()), deployed_resources(target)
    deploys, alarms = _deploys(target), _alarms(target)
    recovery = recovery_command(current, target.region, project.stage.key) if _is_broken(current) else None
    for line in _stack_lines(target, current, recovery):
        prompt.say(line)
    for line in (*resource_lines(urls, resources), *_deploy_lines(deploys)):
        prompt.say(line)
    for name, state in alarms.items():
        prompt.say(f"alarm {name}: {prompt.palette.paint(_ALARMS.get(state), state)}")
    publish({"recovery": recovery, "urls": urls})
    publish({name: found for name, (_, found) in resources.items()})
    publish({"deploys": [_deploy_fields(each) for each in deploys]})
    publish({"alarms": [{"name": name, "state": state} for name, state in alarms.items()], "drift": None})
    if drift and not current.is_busy:
        prompt.say("drift: looking …")
        found = _detect_drift(target, prompt)
        for line in _drift_lines(found, prompt):
            prompt.say(line)
        publish({"drift": _drift_fields(found)})
    return 0


def _is_broken(current: StackStatus) -> bool:
    return not current.is_busy and (current.status.endswith("_FAILED") or current.status == "ROLLBACK_COMPLETE")


def _stack_lines(target: DeployTarget, current: StackStatus, recovery: str | None) -> Iterator[str]:
    yield f"stack {current.name} in {target.region}, account {target.account}: {current.status}"
    if current.is_busy:
        yield f"  {current.progress}"
    elif recovery is not None:
        yield f"  {current.reason}"
        yield f"  mend it: {recovery}"


def _deploys(target: DeployTarget) -> list[Manifest]:
    """Return the last deploys, the newest first."""
    keys = target.bucket.manifest_keys(target.stack.name)
    return [target.bucket.manifest(key) for key in reversed(keys[-_SHOWN_DEPLOYS:])]


def _deploy_lines(deploys: list[Manifest]) -> Iterator[str]:
    for found in deploys:
        what = f"rollback to {found.of}" if found.of else "deploy"
        code = _short_code(found)
        yield f"{what} {found.id} by {found.who}, commit {found.commit or 'unknown'}, code {code}, homeport {found.kit}"
    if not deploys:
        yield "no deploy is kept in the bucket: this stack was made by something else, or its deploy was interrupted"


def _short_code(deploy: Manifest) -> str:
    return deploy.code.rpartition("/")[2].removesuffix(".zip")[:12]


def _deploy_fields(deploy: Manifest) -> dict[str, Any]:
    return {
        "id": deploy.id,
        "who": deploy.who,
        "commit": deploy.commit,
        "code": _short_code(deploy),
        "homeport": deploy.kit,
        "rollbackTo": deploy.of or None,
    }


def _alarms(target: DeployTarget) -> dict[str, str]:
    """Return the states of the stack's alarms by their names."""
    names = [name for name in target.stack.resources("AWS::CloudWatch::Alarm").values() if name]
    found = {}
    for start in range(0, len(names), 100):
        answer = target.aws.call("cloudwatch", "DescribeAlarms", AlarmNames=names[start : start + 100])
        found.update({alarm["AlarmName"]: alarm["StateValue"] for alarm in answer.get("MetricAlarms", ())})
    return found


def _detect_drift(target: DeployTarget, prompt: Prompt) -> Drift:
    """Let CloudFormation compare the resources with the template, which takes some seconds."""
    try:
        started = target.aws.call("cloudformation", "DetectStackDrift", StackName=target.stack.name)
    except CloudError as error:
        return Drift(known=False, reason=str(error))
    begun = prompt.clock()
    while True:
        found = target.aws.call(
            "cloudformation",
            "DescribeStackDriftDetectionStatus",
            StackDriftDetectionId=started["StackDriftDetectionId"],
        )
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if prompt.clock() - begun > _LONGEST_DETECTION:
            return Drift(known=False, reason="CloudFormation is still looking")
        prompt.sleep(0.5)
    if found.get("StackDriftStatus") == "IN_SYNC":
        return Drift()
    is_whole = found["DetectionStatus"] != "DETECTION_FAILED"
    reason = "" if is_whole else found.get("DetectionStatusReason", "")
    return Drift(is_whole, reason, tuple(_resource_drifts(target)))


def _resource_drifts(target: DeployTarget) -> Iterator[ResourceDrift]:
    for page in target.aws.pages(
        "cloudformation",
        "DescribeStackResourceDrifts",
        StackName=target.stack.name,
        StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
    ):
        for found in page["StackResourceDrifts"]:
            paths = tuple(each["PropertyPath"] for each in found.get("PropertyDifferences", ()))
            yield ResourceDrift(found["LogicalResourceId"], found["ResourceType"], paths)


def _drift_lines(drift: Drift, prompt: Prompt) -> Iterator[str]:
    if drift == Drift():
        yield "drift: none"
    elif not drift.known:
        yield f"drift: not known of all: {drift.reason}"
    for found in drift.resources:
        what = ", ".join(found.properties) or "it is gone"
        line = f"drift: {found.logical_id} ({found.type}) was changed by hand: {what}"
        yield prompt.palette.paint("yellow", line)


def _drift_fields(drift: Drift) -> dict[str, Any]:
    resources = [
        {"logicalId": each.logical_id, "type": each.type, "properties": list(each.properties)}
        for each in drift.resources
    ]
    return {**asdict(drift), "resources": resources}
