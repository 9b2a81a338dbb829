"""``homeport destroy``: delete the stack, its logs and its objects in the bucket. A protected stage keeps its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.cloud.aws.client import CallListener, ignore_call
from homeport.cloud.aws.stack import (
    ChangeSetRequest,
    StackStatus,
    first_cause,
    raise_if_busy,
    recovery_command,
    request_token,
)
from homeport.cloud.changes import STATEFUL
from homeport.cloud.deploy_target import DeployTarget, find_target
from homeport.cloud.errors import AwsNotFoundError, DeployFailedError
from homeport.cloud.prompt import Prompt
from homeport.cloud.template.build import template_text
from homeport.project.load import Project

# The property that protects a resource from deletion, and the value that does not.
_PROTECTIONS: Mapping[str, tuple[str, object]] = {
    "AWS::Cognito::UserPool": ("DeletionProtection", "INACTIVE"),
    "AWS::DocDB::DBCluster": ("DeletionProtection", False),
    "AWS::DynamoDB::Table": ("DeletionProtectionEnabled", False),
    "AWS::Neptune::DBCluster": ("DeletionProtection", False),
    "AWS::RDS::DBCluster": ("DeletionProtection", False),
    "AWS::RDS::DBInstance": ("DeletionProtection", False),
}
# Statuses in which a stack can be deleted but not changed.
_ONLY_DELETABLE = frozenset(
    ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS", "CREATE_FAILED")
)
_UPDATED = frozenset(("UPDATE_COMPLETE", "CREATE_COMPLETE"))


@dataclass(frozen=True, slots=True)
class DestroyOptions:
    """Options of a destroy. ``yes``: ask no question. ``data``: delete the data of a protected stage as well."""

    yes: bool = False
    data: bool = False


@dataclass(frozen=True, slots=True)
class _Deletion:
    """A stack to delete: its target, status and template, and the resources with data that stay."""

    project: Project
    target: DeployTarget
    current: StackStatus
    template: Mapping[str, Any]
    kept: tuple[str, ...]


def destroy(project: Project, options: DestroyOptions, prompt: Prompt, on_call: CallListener = ignore_call) -> int:
    """Delete the project's stage from AWS. Return the exit status. Raises CloudError."""
    target = find_target(project, on_call)
    current = target.stack.status()
    raise_if_busy(current)
    template = target.stack.template() if current.is_there else {}
    kept = _retained_data(project, template)
    if kept and (options.data or _confirm_data_loss(project, kept, options, prompt)):
        options, kept = DestroyOptions(options.yes, True), ()
    deletion = _Deletion(project, target, current, template, kept)
    _ask(deletion, options, prompt)
    groups, others = _log_groups(project, target), _other_retained(target, template)
    if current.status:
        _remove_stack(deletion, options, prompt)
    _delete_remains(target, groups, prompt)
    for name in kept:
        prompt.say(f"kept {name}: {target.stack.name}'s data is still in the account")
    for name in others:
        prompt.say(f"kept {name}: its DeletionPolicy says that it stays in the account")
    return 0


def _retained_data(project: Project, template: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the resources with data that stay: all of a protected stage, and those with DeletionPolicy Retain."""
    found = ((name, each) for name, each in (template.get("Resources") or {}).items() if each.get("Type") in STATEFUL)
    return tuple(
        name for name, each in found if project.stage.deletion_protection or each.get("DeletionPolicy") == "Retain"
    )


def _other_retained(target: DeployTarget, template: Mapping[str, Any]) -> list[str]:
    """Return the other resources that stay, such as the role with which all REST APIs of the account write logs."""
    found = (template.get("Resources") or {}).items()
    return [
        f"{name} ({each['Type']})"
        for name, each in found
        if each.get("DeletionPolicy") == "Retain"
        and each["Type"] not in STATEFUL
        and name in target.stack.resources(each["Type"])
    ]


def _confirm_data_loss(project: Project, kept: tuple[str, ...], options: DestroyOptions, prompt: Prompt) -> bool:
    """Ask whether to delete the data of a protected stage. Without a person to ask it stays."""
    if options.yes or prompt.ask is None or not project.stage.deletion_protection:
        return False
    stage = project.stage.key
    return (
        prompt.ask(f"{stage} is protected. Type DELETE {stage} to remove {', '.join(kept)} too: ") == f"DELETE {stage}"
    )


def _ask(deletion: _Deletion, options: DestroyOptions, prompt: Prompt) -> None:
    target, kept, stage = deletion.target, deletion.kept, deletion.project.stage
    resources = deletion.template.get("Resources") or {}
    data = [name for name, each in resources.items() if each.get("Type") in STATEFUL and name not in kept]
    what = (
        f"{len(resources)} resources to remove"
        if deletion.current.status
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
        elif deletion.current.status:
            prompt.confirm("remove it?", "--yes")


def _remove_stack(deletion: _Deletion, options: DestroyOptions, prompt: Prompt) -> None:
    target, status = deletion.target, deletion.current.status
    changeable = status not in _ONLY_DELETABLE
    if changeable:
        wanted = with_policies(deletion.template, deletion.kept, release=options.data)
        if wanted != deletion.template:
            _change_policies(target, wanted, prompt, deletion.project.stage.key)
    before = target.stack.event_ids()
    retain = deletion.kept if status == "DELETE_FAILED" else ()
    stack_id = target.stack.delete(request_token(target.who, prompt.clock()), retain)
    status, events = target.stack.follow(prompt, before, stack_id)
    if status != "DELETE_COMPLETE":
        cause = first_cause(events)
        reason = f"{cause.logical_id} ({cause.kind}): {cause.reason}" if cause else status
        raise DeployFailedError(f"the stack could not be removed: {reason}", "mend it and run this again")


def with_policies(template: Mapping[str, Any], kept: tuple[str, ...], *, release: bool) -> dict[str, Any]:
    """Return the template with ``kept`` retained. ``release`` removes the protection of all other resources."""
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
    """Update the deletion policies of the stack: CloudFormation deletes a stack by the policies that it has."""
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


def _delete_remains(target: DeployTarget, groups: set[str], prompt: Prompt) -> None:
    """Delete what a stack leaves: logs that a function wrote during the deletion, and the bucket's objects."""
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
    """Return the log groups of the stage by their whole names: another stack's may have the same prefix."""
    functions = [project.stage.function_name(name) for name in project.api.functions]
    functions += target.stack.resources("AWS::Lambda::Function").values()
    return {*(f"/aws/lambda/{name}" for name in functions), *target.stack.resources("AWS::Logs::LogGroup").values()} - {
        ""
    }
