"""``homeport destroy``: the stack, its logs and what the bucket keeps of it go.

The data of a protected stage stays unless told twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.cloud.aws.client import CallListener, ignore_call
from homeport.cloud.aws.stack import ChangeSetRequest, StackStatus, raise_if_busy, recovery_command, request_token
from homeport.cloud.changes import STATEFUL, first_cause
from homeport.cloud.deploy_target import DeployTarget, find_target
from homeport.cloud.errors import AwsNotFoundError, DeployFailedError
from homeport.cloud.plan import template_text
from homeport.cloud.prompt import Prompt
from homeport.project.project import Project
from homeport.runtime.config import deployed_name

# What keeps a resource from being deleted, and the value with which it does not.
_PROTECTIONS: Mapping[str, tuple[str, object]] = {
    "AWS::Cognito::UserPool": ("DeletionProtection", "INACTIVE"),
    "AWS::DocDB::DBCluster": ("DeletionProtection", False),
    "AWS::DynamoDB::Table": ("DeletionProtectionEnabled", False),
    "AWS::Neptune::DBCluster": ("DeletionProtection", False),
    "AWS::RDS::DBCluster": ("DeletionProtection", False),
    "AWS::RDS::DBInstance": ("DeletionProtection", False),
}
# States from which a stack can be deleted, but no longer changed.
_ONLY_DELETABLE = frozenset(
    ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS", "CREATE_FAILED")
)
_UPDATED = frozenset(("UPDATE_COMPLETE", "CREATE_COMPLETE"))


@dataclass(frozen=True, slots=True)
class DestroyOptions:
    """``yes`` agrees beforehand; ``data`` is the second word, without which a protected stage keeps its data."""

    yes: bool = False
    data: bool = False


@dataclass(frozen=True, slots=True)
class _Doomed:
    """What is to go: the project's stage where it stands, its stack's template, and the resources of it that stay."""

    project: Project
    target: DeployTarget
    current: StackStatus
    template: Mapping[str, Any]
    kept: tuple[str, ...]


def destroy(project: Project, options: DestroyOptions, prompt: Prompt, on_call: CallListener = ignore_call) -> int:
    """Take the project's stage off AWS; the exit status. Raises CloudError."""
    target = find_target(project, on_call)
    current = target.stack.status()
    raise_if_busy(current)
    template = target.stack.template() if current.is_there else {}
    kept = _kept(project, template)
    if kept and (options.data or _wants_data_gone(project, kept, options, prompt)):
        options, kept = DestroyOptions(options.yes, True), ()
    doomed = _Doomed(project, target, current, template, kept)
    _ask(doomed, options, prompt)
    groups, others = _log_groups(project, target), _other_kept(target, template)
    if current.status:
        _remove_stack(doomed, options, prompt)
    _sweep(target, groups, prompt)
    for name in kept:
        prompt.say(f"kept {name}: {target.stack.name}'s data is still in the account")
    for name in others:
        prompt.say(f"kept {name}: its DeletionPolicy says that it stays in the account")
    return 0


def _kept(project: Project, template: Mapping[str, Any]) -> tuple[str, ...]:
    """The resources with data that stay: all of a protected stage's, and those whose own policy says so."""
    found = ((name, each) for name, each in (template.get("Resources") or {}).items() if each.get("Type") in STATEFUL)
    return tuple(
        name for name, each in found if project.stage.deletion_protection or each.get("DeletionPolicy") == "Retain"
    )


def _other_kept(target: DeployTarget, template: Mapping[str, Any]) -> list[str]:
    """What else stays, such as the role by which every REST API of the account writes its logs."""
    found = (template.get("Resources") or {}).items()
    return [
        f"{name} ({each['Type']})"
        for name, each in found
        if each.get("DeletionPolicy") == "Retain"
        and each["Type"] not in STATEFUL
        and name in target.stack.resources(each["Type"])
    ]


def _wants_data_gone(project: Project, kept: tuple[str, ...], options: DestroyOptions, prompt: Prompt) -> bool:
    """The second question; without anybody to ask, data stays."""
    if options.yes or prompt.ask is None or not project.stage.deletion_protection:
        return False
    stage = project.stage.key
    return (
        prompt.ask(f"{stage} is protected. Type DELETE {stage} to remove {', '.join(kept)} too: ") == f"DELETE {stage}"
    )


def _ask(doomed: _Doomed, options: DestroyOptions, prompt: Prompt) -> None:
    target, kept, stage = doomed.target, doomed.kept, doomed.project.stage
    resources = doomed.template.get("Resources") or {}
    data = [name for name, each in resources.items() if each.get("Type") in STATEFUL and name not in kept]
    what = (
        f"{len(resources)} resources to remove"
        if doomed.current.status
        else "there is no stack, only what one may have left"
    )
    prompt.say(f"{target.stack.name} in {target.region}, account {target.account}: {what}")
    for name in kept:
        prompt.say(f"  {name} stays, with what it holds")
    for name in data:
        prompt.say(prompt.palette.paint("red", f"  DATA LOSS: {name} goes, with all it holds"))
    if stage.deletion_protection and options.data and not options.yes:
        prompt.confirm_by_name(
            f"the data of the protected stage {stage.key} would be gone.", target.stack.name, "--yes"
        )
    elif not options.yes:
        if data:
            prompt.confirm_by_name("this can't be undone.", stage.key, "--yes")
        elif doomed.current.status:
            prompt.confirm("remove it?", "--yes")


def _remove_stack(doomed: _Doomed, options: DestroyOptions, prompt: Prompt) -> None:
    target, status = doomed.target, doomed.current.status
    changeable = status not in _ONLY_DELETABLE
    if changeable:
        wanted = with_policies(doomed.template, doomed.kept, release=options.data)
        if wanted != doomed.template:
            _change_policies(target, wanted, prompt, doomed.project.stage.key)
    before = target.stack.event_ids()
    retain = doomed.kept if status == "DELETE_FAILED" else ()
    stack_id = target.stack.delete(request_token(target.who, prompt.clock()), retain)
    status, events = target.stack.follow(prompt, before, stack_id)
    if status != "DELETE_COMPLETE":
        cause = first_cause(events)
        said = f"{cause.logical_id} ({cause.kind}): {cause.reason}" if cause else status
        raise DeployFailedError(f"the stack could not be removed: {said}", "mend it and run this again")


def with_policies(template: Mapping[str, Any], kept: tuple[str, ...], *, release: bool) -> dict[str, Any]:
    """The template with ``kept`` retained; to ``release`` the rest, nothing else is protected from deletion."""
    resources = {}
    for name, resource in (template.get("Resources") or {}).items():
        if name in kept:
            resource = {**resource, "DeletionPolicy": "Retain"}
        elif release and resource.get("Type") in STATEFUL:
            resource = {**resource, "DeletionPolicy": "Delete"}
            if resource["Type"] in _PROTECTIONS:
                name_of, off = _PROTECTIONS[resource["Type"]]
                resource = {**resource, "Properties": {**(resource.get("Properties") or {}), name_of: off}}
        resources[name] = resource
    return {**template, "Resources": resources}


def _change_policies(target: DeployTarget, template: Mapping[str, Any], prompt: Prompt, stage: str) -> None:
    """A stack is deleted by the policies that it has; so these come first."""
    prompt.say("telling CloudFormation which data stays")
    body = template_text(template)
    target.bucket.make()
    key = f"{target.stack.name}/templates/destroy.json"
    target.bucket.write(key, body.encode(), "application/json")
    token = request_token(target.who, prompt.clock())
    url, parameters = target.aws.object_url(target.bucket.name, key), dict.fromkeys(target.stack.parameters())
    request = ChangeSetRequest(body, url, parameters, "update", token, f"homeport destroy by {target.who}")
    change_set = target.stack.create_change_set(request, prompt)
    if change_set is None:
        return
    before = target.stack.event_ids()
    target.stack.execute(change_set, token)
    status, events = target.stack.follow(prompt, before)
    if status not in _UPDATED:
        cause = first_cause(events)
        hint = recovery_command(StackStatus(target.stack.name, status), target.region, stage)
        raise DeployFailedError(f"nothing was removed: {cause.reason if cause else status}", hint)


def _sweep(target: DeployTarget, groups: set[str], prompt: Prompt) -> None:
    """What a stack does not take with it: logs that a function wrote while it was removed, and the bucket's objects."""
    for group in sorted(groups):
        try:
            target.aws.call("logs", "DeleteLogGroup", logGroupName=group)
        except AwsNotFoundError:
            continue
        prompt.say(f"removed the log group {group}")
    if count := target.bucket.empty(target.stack.name):
        prompt.say(f"removed {count} objects from {target.bucket.name}")
    if target.bucket.remove_if_empty():
        prompt.say(f"nothing is left of {target.stack.name}, nor of any other stage in {target.bucket.name}")


def _log_groups(project: Project, target: DeployTarget) -> set[str]:
    """The log groups of the stage. By their whole names: another stack's may begin like this one's."""
    functions = [deployed_name(project.stage, name) for name in project.api.functions]
    functions += target.stack.resources("AWS::Lambda::Function").values()
    return {*(f"/aws/lambda/{name}" for name in functions), *target.stack.resources("AWS::Logs::LogGroup").values()} - {
        ""
    }
