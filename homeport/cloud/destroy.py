"""``homeport destroy``: delete the stack, its logs and its objects in the bucket. A protected stage keeps its data.

Whatever outlives the stack is named, also that of earlier stacks of the same name. CloudFormation's events of a deleted
stack tell which resources it left, for 90 days. Tables are found by their names for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from homeport.cloud.aws.client import CallListener, ignore_call
from homeport.cloud.aws.stack import ChangeSetRequest
from homeport.cloud.aws.stack_events import StackEvent, failure_reason
from homeport.cloud.aws.stack_status import StackStatus, raise_if_busy, recovery_command, request_token
from homeport.cloud.changes import STATEFUL
from homeport.cloud.deploy_target import DeployTarget, find_target
from homeport.cloud.errors import AwsNotFoundError, DeployFailedError
from homeport.cloud.prompt import Prompt
from homeport.cloud.template.build import template_text
from homeport.project.cloudformation.tables.table_rules import TABLE_TYPE
from homeport.project.project import Project
from homeport.terminal import with_noun

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
_RETAINING = frozenset(("Retain", "RetainExceptOnCreate", "Snapshot"))


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


@dataclass(frozen=True, slots=True)
class LeftResource:
    """A resource that belongs to no stack any more."""

    logical_id: str
    kind: str
    physical_id: str


def destroy(project: Project, options: DestroyOptions, prompt: Prompt, on_call: CallListener = ignore_call) -> int:
    """Delete the project's stage from AWS. Return the exit status. Raises CloudError."""
    target = find_target(project, on_call)
    current = target.stack.status()
    raise_if_busy(current)
    template = target.stack.template() if current.is_there else {}
    left = left_resources(target, project.resources.tables, target.stack.deleted_events())
    kept = (*_retained_data(project, template), *(each.physical_id for each in left if each.kind in STATEFUL))
    if kept and (options.data or _confirm_data_loss(project, kept, options, prompt)):
        options, kept = DestroyOptions(options.yes, True), ()
    deletion = _Deletion(project, target, current, template, kept)
    _ask(deletion, left, options, prompt)
    events = _remove_stack(deletion, options, prompt) if current.status else []
    events += target.stack.deleted_events()
    _delete_logs_and_objects(target, log_groups(project, events), prompt)
    left = left_resources(target, project.resources.tables, events)
    if options.data:
        left = [each for each in left if not _delete_table(target, each, prompt)]
    for each in left:
        prompt.say(f"left in the account, outside of any stack: {each.logical_id} ({each.kind} {each.physical_id})")
    if any(each.kind == TABLE_TYPE for each in left):
        prompt.say(f"homeport destroy --stage {project.stage.key} --delete-protected-data deletes these tables")
    elif not left:
        prompt.say(f"nothing is left of {target.stack.name}")
    return 0


def left_resources(target: DeployTarget, tables: Iterable[str], events: Iterable[StackEvent]) -> list[LeftResource]:
    """Return the resources that deleted stacks have left, and the tables whose name says so.

    ``tables`` are logical ids. ``events`` are those of the deleted stacks. A table that is gone, or belongs to a stack
    again, is left out.
    """
    found = {
        event.physical_id: LeftResource(event.logical_id, event.kind, event.physical_id)
        for event in events
        if event.status == "DELETE_SKIPPED" and event.physical_id
    }
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    named = re.compile(rf"{re.escape(target.stack.name)}-({'|'.join(map(re.escape, tables))})-[A-Z0-9]+")
    pages = target.aws.pages("dynamodb", "ListTables", ("LastEvaluatedTableName", "ExclusiveStartTableName"))
    present = [name for page in pages for name in page["TableNames"]]
    for name in present:
        if (match := named.fullmatch(name)) is not None:
            found.setdefault(name, LeftResource(match[1], TABLE_TYPE, name))
    own = {*target.stack.resources(TABLE_TYPE).values()}
    others = [each for each in found.values() if each.kind != TABLE_TYPE]
    left = [each for each in found.values() if each.kind == TABLE_TYPE and each.physical_id in {*present} - own]
    return [*(each for each in left if not target.stack.owner_of(each.physical_id)), *others]


def _retained_data(project: Project, template: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the resources with data that stay: all of a protected stage, and those with DeletionPolicy Retain."""
    found = ((name, each) for name, each in (template.get("Resources") or {}).items() if each.get("Type") in STATEFUL)
    return tuple(
        name for name, each in found if project.stage.deletion_protection or each.get("DeletionPolicy") in _RETAINING
    )


def _confirm_data_loss(project: Project, kept: tuple[str, ...], options: DestroyOptions, prompt: Prompt) -> bool:
    """Ask whether to delete the data of a protected stage. Without a person to ask it stays."""
    if options.yes or prompt.ask is None or not project.stage.deletion_protection:
        return False
    stage = project.stage.key
    return (
        prompt.ask(f"{stage} is protected. Type DELETE {stage} to remove {', '.join(kept)} too: ") == f"DELETE {stage}"
    )


def _ask(deletion: _Deletion, left: Sequence[LeftResource], options: DestroyOptions, prompt: Prompt) -> None:
    target, kept, stage = deletion.target, deletion.kept, deletion.project.stage
    resources = deletion.template.get("Resources") or {}
    data = [name for name, each in resources.items() if each.get("Type") in STATEFUL and name not in kept]
    data += [each.physical_id for each in left if each.kind == TABLE_TYPE and options.data]
    what = (
        f"{with_noun(len(resources), 'resource')} to remove"
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


def _remove_stack(deletion: _Deletion, options: DestroyOptions, prompt: Prompt) -> list[StackEvent]:
    """Delete the stack. Return the events of the deletion."""
    target, status = deletion.target, deletion.current.status
    if status not in _ONLY_DELETABLE:
        wanted = with_policies(deletion.template, deletion.kept, release=options.data)
        if wanted != deletion.template:
            _change_policies(target, wanted, prompt, deletion.project.stage.key)
    elif options.data:
        for table in target.stack.resources(TABLE_TYPE).values():
            with suppress(AwsNotFoundError):
                _unprotect(target, table, prompt)
    before = target.stack.event_ids()
    retain = sorted(target.stack.delete_failures().intersection(deletion.kept)) if status == "DELETE_FAILED" else []
    stack_id = target.stack.delete(request_token(target.who, prompt.clock()), retain)
    status, events = target.stack.follow(prompt, before, stack_id)
    if status != "DELETE_COMPLETE":
        reason = failure_reason(status, events)
        raise DeployFailedError(f"the stack could not be removed: {reason}", "mend it and run this again")
    return events


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
        hint = recovery_command(StackStatus(target.stack.name, status), target.region, stage)
        raise DeployFailedError(f"nothing was removed: {failure_reason(status, events)}", hint)


def _delete_logs_and_objects(target: DeployTarget, groups: set[str], prompt: Prompt) -> None:
    """Delete the logs that a function wrote during the deletion, the stack's objects, and the bucket if it is empty."""
    for group in sorted(groups):
        try:
            target.aws.call("logs", "DeleteLogGroup", logGroupName=group)
        except AwsNotFoundError:
            continue
        prompt.say(f"removed the log group {group}")
    if count := target.bucket.empty(target.stack.name):
        prompt.say(f"removed {with_noun(count, 'object')} from {target.bucket.name}")
    if target.bucket.remove_if_empty() and count:
        prompt.say(f"removed the bucket {target.bucket.name}: no other stage has anything in it")


def log_groups(project: Project, events: Sequence[StackEvent]) -> set[str]:
    """Return the log groups of the stage by their whole names: another stack's may have the same prefix."""
    functions = {project.stage.function_name(name) for name in project.api.functions}
    functions |= {event.physical_id for event in events if event.kind == "AWS::Lambda::Function" and event.physical_id}
    groups = {event.physical_id for event in events if event.kind == "AWS::Logs::LogGroup" and event.physical_id}
    return groups | {f"/aws/lambda/{name}" for name in functions}


def _delete_table(target: DeployTarget, left: LeftResource, prompt: Prompt) -> bool:
    """Delete a table. Return whether it is one, and is gone."""
    if left.kind != TABLE_TYPE:
        return False
    try:
        _unprotect(target, left.physical_id, prompt)
        target.aws.call("dynamodb", "DeleteTable", TableName=left.physical_id)
    except AwsNotFoundError:
        return True
    prompt.say(f"removed the table {left.physical_id}, with all it held")
    return True


def _unprotect(target: DeployTarget, table: str, prompt: Prompt) -> None:
    """Take the deletion protection of a table away, and wait until it can be deleted. Raises AwsNotFoundError."""
    found = target.aws.call("dynamodb", "DescribeTable", TableName=table)["Table"]
    if found.get("DeletionProtectionEnabled"):
        target.aws.call("dynamodb", "UpdateTable", TableName=table, DeletionProtectionEnabled=False)
    while target.aws.call("dynamodb", "DescribeTable", TableName=table)["Table"]["TableStatus"] == "UPDATING":
        prompt.sleep(0.5)
