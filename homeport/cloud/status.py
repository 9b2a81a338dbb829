"""``homeport status``: what runs of a stage on AWS, since when, by whom, and whether it is still what was deployed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from homeport.cloud.aws.client import Heard, unheard
from homeport.cloud.aws.stack import Standing, mending
from homeport.cloud.console import Console
from homeport.cloud.deploy import output_lines
from homeport.cloud.deploy_target import Place, find_place
from homeport.cloud.errors import CloudError
from homeport.project.project import Project
from homeport.terminal import Colour

_ALARMS: dict[str, Colour] = {"ALARM": "red", "OK": "green", "INSUFFICIENT_DATA": "grey"}
_SHOWN_DEPLOYS = 5
_PATIENCE = timedelta(minutes=5)
ABSENT = 1


def status(project: Project, console: Console, *, drift: bool = True, heard: Heard = unheard) -> int:
    """Print it; 1 where nothing is deployed. Raises CloudError."""
    place = find_place(project, heard)
    standing = place.stack.standing()
    if not standing.is_there:
        console.say(f"{place.stack.name}: not deployed in {place.region}, account {place.account}")
        return ABSENT
    for line in _told(project, place, standing, console):
        console.say(line)
    if drift and not standing.is_busy:
        for line in _drift(place, console):
            console.say(line)
    return 0


def _told(project: Project, place: Place, standing: Standing, console: Console) -> Iterator[str]:
    yield f"stack {standing.name} in {place.region}, account {place.account}: {standing.status}"
    if standing.is_busy:
        by = f" by {standing.by}" if standing.by else ""
        yield f"  being changed{by}{f' since {standing.since:%Y-%m-%d %H:%M:%S} UTC' if standing.since else ''}"
    elif standing.status.endswith("_FAILED") or standing.status == "ROLLBACK_COMPLETE":
        yield f"  {standing.reason}"
        yield f"  mend it: {mending(standing, place.region, project.stage.key)}"
    yield from output_lines(place, place.stack.outputs())
    yield from _deploys(place)
    yield from _alarms(place, console)


def _deploys(place: Place) -> Iterator[str]:
    keys = place.bucket.manifest_keys(place.stack.name)
    for key in reversed(keys[-_SHOWN_DEPLOYS:]):
        found = place.bucket.manifest(key)
        what = f"rollback to {found.of}" if found.of else "deploy"
        code = found.code.rpartition("/")[2].removesuffix(".zip")[:12]
        yield f"{what} {found.id} by {found.who}, commit {found.commit or 'unknown'}, code {code}, homeport {found.kit}"
    if not keys:
        yield "no deploy is kept in the bucket: this stack was made by something else, or its deploy was interrupted"


def _alarms(place: Place, console: Console) -> Iterator[str]:
    names = [name for name in place.stack.resources("AWS::CloudWatch::Alarm").values() if name]
    for start in range(0, len(names), 100):
        answer = place.aws.call("cloudwatch", "DescribeAlarms", AlarmNames=names[start : start + 100])
        for alarm in answer.get("MetricAlarms", ()):
            state = alarm["StateValue"]
            yield f"alarm {alarm['AlarmName']}: {console.palette.paint(_ALARMS.get(state), state)}"


def _drift(place: Place, console: Console) -> Iterator[str]:
    """Ask CloudFormation to compare the stack with what is there. It takes some seconds."""
    console.say("drift: looking …")
    try:
        started = place.aws.call("cloudformation", "DetectStackDrift", StackName=place.stack.name)
    except CloudError as refused:
        yield f"drift: not known: {refused}"
        return
    begun = console.clock()
    found = {"DetectionStatus": "DETECTION_IN_PROGRESS"}
    while found["DetectionStatus"] == "DETECTION_IN_PROGRESS":
        if console.clock() - begun > _PATIENCE:
            yield "drift: not known: CloudFormation is still looking"
            return
        console.sleep(0.5)
        found = place.aws.call(
            "cloudformation",
            "DescribeStackDriftDetectionStatus",
            StackDriftDetectionId=started["StackDriftDetectionId"],
        )
    if found.get("StackDriftStatus") == "IN_SYNC":
        yield "drift: none"
        return
    if found["DetectionStatus"] == "DETECTION_FAILED":
        yield f"drift: not known of all: {found.get('DetectionStatusReason', '')}"
    yield from _drifted(place, console)


def _drifted(place: Place, console: Console) -> Iterator[str]:
    token = ("NextToken", "NextToken")
    filters = {"StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"], "StackName": place.stack.name}
    for page in place.aws.pages("cloudformation", "DescribeStackResourceDrifts", token, **filters):
        for found in page["StackResourceDrifts"]:
            what = ", ".join(each["PropertyPath"] for each in found.get("PropertyDifferences", ())) or "it is gone"
            line = f"drift: {found['LogicalResourceId']} ({found['ResourceType']}) was changed by hand: {what}"
            yield console.palette.paint("yellow", line)
