"""``homeport status``: the deployed stack, its deploys and alarms, and whether it differs from its template (drift)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from homeport.cloud.aws.client import CallListener, ignore_call
from homeport.cloud.aws.stack_status import StackStatus, recovery_command
from homeport.cloud.deploy import output_lines
from homeport.cloud.deploy_target import DeployTarget, find_target
from homeport.cloud.errors import CloudError
from homeport.cloud.prompt import Prompt
from homeport.project.project import Project
from homeport.terminal import Colour

_ALARMS: dict[str, Colour] = {"ALARM": "red", "OK": "green", "INSUFFICIENT_DATA": "grey"}
_SHOWN_DEPLOYS = 5
_LONGEST_DETECTION = timedelta(minutes=5)
ABSENT = 1


def status(project: Project, prompt: Prompt, *, drift: bool = True, on_call: CallListener = ignore_call) -> int:
    """Print the status of a stage. Return 1 where nothing is deployed. Raises CloudError."""
    target = find_target(project, on_call)
    current = target.stack.status()
    if not current.is_there:
        prompt.say(f"{target.stack.name}: not deployed in {target.region}, account {target.account}")
        return ABSENT
    for line in _status_lines(project, target, current, prompt):
        prompt.say(line)
    if drift and not current.is_busy:
        for line in _drift(target, prompt):
            prompt.say(line)
    return 0


def _status_lines(project: Project, target: DeployTarget, current: StackStatus, prompt: Prompt) -> Iterator[str]:
    yield f"stack {current.name} in {target.region}, account {target.account}: {current.status}"
    if current.is_busy:
        yield f"  {current.progress}"
    elif current.status.endswith("_FAILED") or current.status == "ROLLBACK_COMPLETE":
        yield f"  {current.reason}"
        yield f"  mend it: {recovery_command(current, target.region, project.stage.key)}"
    yield from output_lines(target, target.stack.outputs())
    yield from _deploys(target)
    yield from _alarms(target, prompt)


def _deploys(target: DeployTarget) -> Iterator[str]:
    keys = target.bucket.manifest_keys(target.stack.name)
    for key in reversed(keys[-_SHOWN_DEPLOYS:]):
        found = target.bucket.manifest(key)
        what = f"rollback to {found.of}" if found.of else "deploy"
        code = found.code.rpartition("/")[2].removesuffix(".zip")[:12]
        yield f"{what} {found.id} by {found.who}, commit {found.commit or 'unknown'}, code {code}, homeport {found.kit}"
    if not keys:
        yield "no deploy is kept in the bucket: this stack was made by something else, or its deploy was interrupted"


def _alarms(target: DeployTarget, prompt: Prompt) -> Iterator[str]:
    names = [name for name in target.stack.resources("AWS::CloudWatch::Alarm").values() if name]
    for start in range(0, len(names), 100):
        answer = target.aws.call("cloudwatch", "DescribeAlarms", AlarmNames=names[start : start + 100])
        for alarm in answer.get("MetricAlarms", ()):
            state = alarm["StateValue"]
            yield f"alarm {alarm['AlarmName']}: {prompt.palette.paint(_ALARMS.get(state), state)}"


def _drift(target: DeployTarget, prompt: Prompt) -> Iterator[str]:
    """Let CloudFormation compare the resources with the template, which takes some seconds."""
    prompt.say("drift: looking …")
    try:
        started = target.aws.call("cloudformation", "DetectStackDrift", StackName=target.stack.name)
    except CloudError as error:
        yield f"drift: not known: {error}"
        return
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
            yield "drift: not known: CloudFormation is still looking"
            return
        prompt.sleep(0.5)
    if found.get("StackDriftStatus") == "IN_SYNC":
        yield "drift: none"
        return
    if found["DetectionStatus"] == "DETECTION_FAILED":
        yield f"drift: not known of all: {found.get('DetectionStatusReason', '')}"
    yield from _drift_lines(target, prompt)


def _drift_lines(target: DeployTarget, prompt: Prompt) -> Iterator[str]:
    for page in target.aws.pages(
        "cloudformation",
        "DescribeStackResourceDrifts",
        StackName=target.stack.name,
        StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
    ):
        for found in page["StackResourceDrifts"]:
            what = ", ".join(each["PropertyPath"] for each in found.get("PropertyDifferences", ())) or "it is gone"
            line = f"drift: {found['LogicalResourceId']} ({found['ResourceType']}) was changed by hand: {what}"
            yield prompt.palette.paint("yellow", line)
