"""``homeport destroy``: the stack, its logs and what the bucket keeps of it go.

The data of a protected stage stays unless told twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.cloud.aws.client import Heard, unheard
from homeport.cloud.aws.stack import Proposal, Standing, mending, refuse_busy, request_token
from homeport.cloud.changes import STATEFUL, first_cause
from homeport.cloud.console import Console
from homeport.cloud.deploy_target import Place, find_place
from homeport.cloud.errors import DeployFailed, NotThere
from homeport.cloud.plan import template_text
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
    place: Place
    standing: Standing
    template: Mapping[str, Any]
    kept: tuple[str, ...]


def destroy(project: Project, options: DestroyOptions, console: Console, heard: Heard = unheard) -> int:
    """Take the project's stage off AWS; the exit status. Raises CloudError."""
    place = find_place(project, heard)
    standing = place.stack.standing()
    refuse_busy(standing)
    template = place.stack.template() if standing.is_there else {}
    kept = _kept(project, template)
    if kept and (options.data or _wants_data_gone(project, kept, options, console)):
        options, kept = DestroyOptions(options.yes, True), ()
    doomed = _Doomed(project, place, standing, template, kept)
    _ask(doomed, options, console)
    groups, others = _log_groups(project, place), _other_kept(place, template)
    if standing.status:
        _remove_stack(doomed, options, console)
    _sweep(place, groups, console)
    for name in kept:
        console.say(f"kept {name}: {place.stack.name}'s data is still in the account")
    for name in others:
        console.say(f"kept {name}: its DeletionPolicy says that it stays in the account")
    return 0


def _kept(project: Project, template: Mapping[str, Any]) -> tuple[str, ...]:
    """The resources with data that stay: all of a protected stage's, and those whose own policy says so."""
    found = ((name, each) for name, each in (template.get("Resources") or {}).items() if each.get("Type") in STATEFUL)
    return tuple(
        name for name, each in found if project.stage.deletion_protection or each.get("DeletionPolicy") == "Retain"
    )


def _other_kept(place: Place, template: Mapping[str, Any]) -> list[str]:
    """What else stays, such as the role by which every REST API of the account writes its logs."""
    found = (template.get("Resources") or {}).items()
    return [
        f"{name} ({each['Type']})"
        for name, each in found
        if each.get("DeletionPolicy") == "Retain"
        and each["Type"] not in STATEFUL
        and name in place.stack.resources(each["Type"])
    ]


def _wants_data_gone(project: Project, kept: tuple[str, ...], options: DestroyOptions, console: Console) -> bool:
    """The second question; without anybody to ask, data stays."""
    if options.yes or console.ask is None or not project.stage.deletion_protection:
        return False
    stage = project.stage.key
    return (
        console.ask(f"{stage} is protected. Type DELETE {stage} to remove {', '.join(kept)} too: ") == f"DELETE {stage}"
    )


def _ask(doomed: _Doomed, options: DestroyOptions, console: Console) -> None:
    place, kept, stage = doomed.place, doomed.kept, doomed.project.stage
    resources = doomed.template.get("Resources") or {}
    data = [name for name, each in resources.items() if each.get("Type") in STATEFUL and name not in kept]
    what = (
        f"{len(resources)} resources to remove"
        if doomed.standing.status
        else "there is no stack, only what one may have left"
    )
    console.say(f"{place.stack.name} in {place.region}, account {place.account}: {what}")
    for name in kept:
        console.say(f"  {name} stays, with what it holds")
    for name in data:
        console.say(console.palette.paint("red", f"  DATA LOSS: {name} goes, with all it holds"))
    if stage.deletion_protection and options.data and not options.yes:
        console.confirm_by_name(
            f"the data of the protected stage {stage.key} would be gone.", place.stack.name, "--yes"
        )
    elif not options.yes:
        if data:
            console.confirm_by_name("this can't be undone.", stage.key, "--yes")
        elif doomed.standing.status:
            console.confirm("remove it?", "--yes")


def _remove_stack(doomed: _Doomed, options: DestroyOptions, console: Console) -> None:
    place, status = doomed.place, doomed.standing.status
    changeable = status not in _ONLY_DELETABLE
    if changeable:
        wanted = with_policies(doomed.template, doomed.kept, release=options.data)
        if wanted != doomed.template:
            _change_policies(place, wanted, console, doomed.project.stage.key)
    before = place.stack.mark()
    retain = doomed.kept if status == "DELETE_FAILED" else ()
    stack_id = place.stack.delete(request_token(place.who, console.clock()), retain)
    status, events = place.stack.follow(console, before, stack_id)
    if status != "DELETE_COMPLETE":
        cause = first_cause(events)
        said = f"{cause.logical_id} ({cause.kind}): {cause.reason}" if cause else status
        raise DeployFailed(f"the stack could not be removed: {said}", "mend it and run this again")


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


def _change_policies(place: Place, template: Mapping[str, Any], console: Console, stage: str) -> None:
    """A stack is deleted by the policies that it has; so these come first."""
    console.say("telling CloudFormation which data stays")
    body = template_text(template)
    place.bucket.make()
    key = f"{place.stack.name}/templates/destroy.json"
    place.bucket.write(key, body.encode(), "application/json")
    token = request_token(place.who, console.clock())
    url, parameters = place.aws.object_url(place.bucket.name, key), dict.fromkeys(place.stack.parameters())
    proposal = Proposal(body, url, parameters, "update", token, f"homeport destroy by {place.who}")
    change_set = place.stack.propose(proposal, console)
    if change_set is None:
        return
    before = place.stack.mark()
    place.stack.execute(change_set, token)
    status, events = place.stack.follow(console, before)
    if status not in _UPDATED:
        cause = first_cause(events)
        hint = mending(Standing(place.stack.name, status), place.region, stage)
        raise DeployFailed(f"nothing was removed: {cause.reason if cause else status}", hint)


def _sweep(place: Place, groups: set[str], console: Console) -> None:
    """What a stack does not take with it: logs that a function wrote while it was removed, and the bucket's objects."""
    for group in sorted(groups):
        try:
            place.aws.call("logs", "DeleteLogGroup", logGroupName=group)
        except NotThere:
            continue
        console.say(f"removed the log group {group}")
    if count := place.bucket.empty(place.stack.name):
        console.say(f"removed {count} objects from {place.bucket.name}")
    if place.bucket.remove_if_empty():
        console.say(f"nothing is left of {place.stack.name}, nor of any other stage in {place.bucket.name}")


def _log_groups(project: Project, place: Place) -> set[str]:
    """The log groups of the stage. By their whole names: another stack's may begin like this one's."""
    functions = [deployed_name(project.stage, name) for name in project.api.functions]
    functions += place.stack.resources("AWS::Lambda::Function").values()
    return {*(f"/aws/lambda/{name}" for name in functions), *place.stack.resources("AWS::Logs::LogGroup").values()} - {
        ""
    }
