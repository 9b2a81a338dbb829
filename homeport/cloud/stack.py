"""A CloudFormation stack: read, changed by change sets, followed until it is done, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homeport.cloud.console import Console
from homeport.cloud.edge import Aws
from homeport.cloud.errors import CallRefused, CloudError, NotThere, StackState
from homeport.cloud.progress import Event, Progress, read_event
from homeport.cloud.proposal import ChangeSet, Proposal
from homeport.cloud.states import Standing, Start, refuse_busy, who_asked
from homeport.spec.short_tags import long_form
from homeport.spec.yaml_text import read_yaml

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BODY = 51_200
LARGEST_TEMPLATE = 1_000_000
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_UNCHANGED = ("didn't contain changes", "no updates are to be performed")
_QUICK, _SLOW = 0.25, 2.0
_LEFT_OVER = timedelta(hours=1)
_SECRET = "****"


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack ``name``."""

    aws: Aws
    name: str

    def standing(self) -> Standing:
        """Its state, and who is at work on it."""
        found = self._describe()
        if found is None:
            return Standing(self.name, "")
        standing = Standing(self.name, found["StackStatus"], found.get("StackStatusReason", ""))
        if not standing.is_busy:
            return standing
        event = self._newest_start()
        by, since = (who_asked(event.token), event.at) if event else ("", None)
        return Standing(self.name, standing.status, standing.reason, by, since)

    def outputs(self) -> dict[str, str]:
        """Its outputs, none where there is no stack."""
        found = self._describe() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}

    def parameters(self) -> dict[str, str]:
        """Its parameters' values; secret ones are stars."""
        found = self._describe() or {}
        return {each["ParameterKey"]: each.get("ParameterValue", _SECRET) for each in found.get("Parameters", ())}

    def template(self) -> dict[str, Any]:
        """The template that it was made from, empty where there is none."""
        try:
            body = self.aws.call("cloudformation", "GetTemplate", StackName=self.name)["TemplateBody"]
        except NotThere:
            return {}
        return body if isinstance(body, dict) else read_template(body)

    def resources(self, kind: str) -> dict[str, str]:
        """The physical ids of its resources of one type, by logical id."""
        token = ("NextToken", "NextToken")
        pages = self.aws.pages("cloudformation", "ListStackResources", token, StackName=self.name)
        try:
            found = [each for page in pages for each in page["StackResourceSummaries"]]
        except NotThere:
            return {}
        return {
            each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
            for each in found
            if each["ResourceType"] == kind
        }

    def newest_token(self) -> str:
        """What marks the last thing that was done to it."""
        return next((event.token for event in self._events()), "")

    def propose(self, proposal: Proposal, console: Console) -> ChangeSet | None:
        """Let CloudFormation work out what would change; None: nothing. Raises CloudError."""
        self._drop_left_over(console.clock(), proposal.start)
        given = {"TemplateBody": proposal.body}
        if len(proposal.body.encode()) > LARGEST_BODY:
            given = {"TemplateURL": proposal.url}
        try:
            made = self.aws.call(
                "cloudformation",
                "CreateChangeSet",
                StackName=self.name,
                ChangeSetName=proposal.name,
                ChangeSetType="UPDATE" if proposal.start == "update" else "CREATE",
                Parameters=[_parameter(key, value) for key, value in sorted(proposal.parameters.items())],
                Capabilities=_CAPABILITIES,
                Description=proposal.description[:1024],
                **given,
            )
        except CallRefused as refused:
            if _is_unchanged(refused.message):
                return None
            raise
        return self._await_change_set(made["Id"], console)

    def execute(self, change_set: ChangeSet, token: str) -> None:
        """Begin to make the change. Raises StackState where somebody else's was faster."""
        try:
            self.aws.call(
                "cloudformation",
                "ExecuteChangeSet",
                StackName=self.name,
                ChangeSetName=change_set.id,
                ClientRequestToken=token,
            )
        except CallRefused as refused:
            refuse_busy(self.standing())
            if refused.code in ("InvalidChangeSetStatus", "ChangeSetNotFound", "ChangeSetNotFoundException"):
                message = f"the stack {self.name} was changed by somebody else since this plan was made"
                raise StackState(message, "run this again to plan anew") from refused
            raise

    def drop(self, change_set_id: str) -> None:
        """Forget a change set."""
        self.aws.call("cloudformation", "DeleteChangeSet", StackName=self.name, ChangeSetName=change_set_id)

    def delete(self, token: str, retain: tuple[str, ...] = ()) -> str | None:
        """Begin to delete it; the id to follow it by. ``retain`` are resources to leave (after a failure)."""
        found = self._describe()
        if found is None:
            return None
        kept = {"RetainResources": list(retain)} if retain else {}
        self.aws.call("cloudformation", "DeleteStack", StackName=self.name, ClientRequestToken=token, **kept)
        stack_id: str = found["StackId"]
        return stack_id

    def mark(self) -> frozenset[str]:
        """The events that are there already, for ``follow``."""
        return frozenset(event.id for event in self._events())

    def follow(self, console: Console, before: frozenset[str], stack_id: str | None = None) -> tuple[str, list[Event]]:
        """Tell how it goes until nothing is going on; the state at the end, and what happened since ``before``."""
        seen = set(before)
        told: list[Event] = []
        began, pause = console.clock(), _QUICK
        progress: Progress | None = None
        while True:
            status = (self._describe(stack_id) or {}).get("StackStatus", "DELETE_COMPLETE")
            new = self._since(seen, stack_id)
            if new:
                progress = progress or Progress(console.palette, new[0].at)
                for line in progress.lines(new):
                    console.say(line)
                told += new
                seen |= {event.id for event in new}
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                return status, told
            console.sleep(pause)
            pause = _SLOW if (console.clock() - began).total_seconds() > 20 else pause

    def _since(self, seen: set[str], stack_id: str | None) -> list[Event]:
        new = []
        for event in self._events(stack_id):
            if event.id in seen:
                break
            new.append(event)
        return new[::-1]

    def _events(self, stack_id: str | None = None) -> Iterator[Event]:
        """What happened, the newest first."""
        try:
            for page in self.aws.pages(
                "cloudformation", "DescribeStackEvents", ("NextToken", "NextToken"), StackName=stack_id or self.name
            ):
                yield from map(read_event, page["StackEvents"])
        except NotThere:
            return

    def _newest_start(self) -> Event | None:
        starts = (event for event in self._events() if event.of_stack and event.status.endswith("_IN_PROGRESS"))
        return next(starts, None)

    def _describe(self, stack_id: str | None = None) -> dict[str, Any] | None:
        try:
            found = self.aws.call("cloudformation", "DescribeStacks", StackName=stack_id or self.name)["Stacks"]
        except NotThere:
            return None
        return found[0] if found else None

    def _drop_left_over(self, now: datetime, start: Start) -> None:
        """Forget what interrupted deploys left behind; a younger one may be somebody's who is just reading it."""
        try:
            pages = self.aws.pages("cloudformation", "ListChangeSets", ("NextToken", "NextToken"), StackName=self.name)
            found = [summary for page in pages for summary in page.get("Summaries", ())]
        except NotThere:
            return
        for summary in found:
            ours = summary["ChangeSetName"].startswith("homeport-")
            unused = summary.get("ExecutionStatus") in ("AVAILABLE", "UNAVAILABLE")
            if ours and unused and now - summary["CreationTime"] > _LEFT_OVER:
                self.drop(summary["ChangeSetId"])

    def _await_change_set(self, change_set_id: str, console: Console) -> ChangeSet | None:
        while True:
            token = ("NextToken", "NextToken")
            name = {"StackName": self.name, "ChangeSetName": change_set_id}
            pages = list(self.aws.pages("cloudformation", "DescribeChangeSet", token, **name))
            status, reason = pages[0]["Status"], pages[0].get("StatusReason", "")
            changes = tuple(change for page in pages for change in page.get("Changes", ()))
            if status == "CREATE_COMPLETE":
                return ChangeSet(change_set_id, changes)
            if status == "FAILED":
                self.drop(change_set_id)
                if _is_unchanged(reason):
                    return None
                raise CloudError(f"CloudFormation refused the change: {reason}", "homeport check, or see the reason")
            console.sleep(_QUICK)


def _is_unchanged(reason: str) -> bool:
    return any(words in reason.lower() for words in _UNCHANGED)


def read_template(body: str) -> dict[str, Any]:
    """A template's text as a value; JSON is YAML."""
    value = read_yaml(body, long_form).value
    return value if isinstance(value, dict) else {}


def _parameter(key: str, value: str | None) -> dict[str, Any]:
    if value is None:
        return {"ParameterKey": key, "UsePreviousValue": True}
    return {"ParameterKey": key, "ParameterValue": value}
