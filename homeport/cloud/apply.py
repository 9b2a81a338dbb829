"""Apply a plan to its stack: upload, show the changes, ask, execute the change set, follow it, record the deploy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from homeport.cloud.aws.bucket import Manifest
from homeport.cloud.aws.stack import ChangeSet
from homeport.cloud.aws.stack_events import failure_reason
from homeport.cloud.aws.stack_status import StackStatus, recovery_command, request_token, start_of_deploy
from homeport.cloud.changes import Change, diff_lines, loss_lines, losses, read_changes
from homeport.cloud.deploy_target import DeployTarget
from homeport.cloud.errors import DeployFailedError
from homeport.cloud.plan import Plan, check_concurrency, reserved_in
from homeport.cloud.prompt import Prompt

_COMPLETE = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE"))


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent given by options: to the changes, and to the loss of data."""

    changes: bool = False
    data_loss: bool = False


def apply_plan(plan: Plan, target: DeployTarget, consent: Consent, prompt: Prompt) -> Manifest | None:
    """Apply a plan. Return the manifest of the deploy, None if nothing had to change. Raises CloudError."""
    current = target.stack.status()
    start = start_of_deploy(current, target.region, plan.manifest.stage)
    if start == "recreate":
        _delete_empty_stack(current, target, plan, prompt)
        start = "create"
    present = target.stack.template() if start == "update" else {}
    check_concurrency(target.aws, reserved_in(plan.template), reserved_in(present))
    _upload(plan, target, prompt)
    prompt.say("asking CloudFormation what would change")
    url = target.aws.object_url(target.bucket.name, plan.manifest.template)
    change_set = target.stack.create_change_set(plan.change_set_request(start, url), prompt)
    if change_set is None:
        target.bucket.save_manifest(replace(plan.manifest, outputs=target.stack.outputs()))
        return None
    try:
        _show_and_confirm(plan.manifest, read_changes(change_set.changes, present), target, consent, prompt)
    except BaseException:
        target.stack.delete_change_set(change_set.id)
        if start == "create":
            target.stack.delete(request_token(target.who, prompt.clock()))
        raise
    _execute(plan, target, change_set, prompt)
    manifest = replace(plan.manifest, outputs=target.stack.outputs())
    target.bucket.save_manifest(manifest)
    return manifest


def record_interrupted_deploy(target: DeployTarget) -> None:
    """Record a deploy that AWS completed after its command was interrupted. Delete the record of one that failed."""
    begun = target.bucket.pending_manifest(target.stack.name)
    current = target.stack.status()
    if begun is None or current.is_busy:
        return
    token = target.stack.newest_token()
    same = token == begun.token if token else begun.code in target.stack.parameters().values()
    if current.status in _COMPLETE and same:
        target.bucket.save_manifest(replace(begun, outputs=target.stack.outputs()))
    else:
        target.bucket.delete_pending(target.stack.name)


def is_unchanged(plan: Plan, target: DeployTarget, last: Manifest | None) -> bool:
    """Return whether the last deploy had the plan's content and the stack has not changed since."""
    if last is None or not plan.manifest.same_content(last) or not last.token:
        return False
    current = target.stack.status()
    return current.status in _COMPLETE and target.stack.newest_token() == last.token


def _delete_empty_stack(current: StackStatus, target: DeployTarget, plan: Plan, prompt: Prompt) -> None:
    """Delete the empty stack that a failed first deploy has left."""
    prompt.say(f"removing the stack {current.name}, whose first deploy failed ({current.status})")
    before = target.stack.event_ids()
    stack_id = target.stack.delete(plan.manifest.token)
    status, _ = target.stack.follow(prompt, before, stack_id)
    if status != "DELETE_COMPLETE":
        start_of_deploy(target.stack.status(), target.region, plan.manifest.stage)


def _upload(plan: Plan, target: DeployTarget, prompt: Prompt) -> None:
    if target.bucket.make():
        prompt.say(f"made the bucket {target.bucket.name}: private, encrypted, versioned")
    for upload in plan.uploads:
        if target.bucket.put(upload.key, upload.content, upload.kind):
            prompt.say(f"uploaded {upload.key} ({len(upload.content):,} bytes)")


def _show_and_confirm(
    manifest: Manifest, changes: tuple[Change, ...], target: DeployTarget, consent: Consent, prompt: Prompt
) -> None:
    """Show the changes and ask whether to make them. Raises DeclinedError if the answer is no."""
    prompt.say(f"stack {manifest.stack} in {target.region}, account {target.account}:")
    for line in (*diff_lines(changes, prompt.palette), *loss_lines(changes, prompt.palette)):
        prompt.say(line)
    if losses(changes) and not consent.data_loss:
        prompt.confirm_by_name("data would be lost.", manifest.stage, "--allow-data-loss")
    elif not consent.changes:
        prompt.confirm("make these changes?", "--yes")


def _execute(plan: Plan, target: DeployTarget, change_set: ChangeSet, prompt: Prompt) -> None:
    before = target.stack.event_ids()
    target.bucket.save_pending(plan.manifest)
    target.stack.execute(change_set, plan.manifest.token)
    try:
        status, events = target.stack.follow(prompt, before)
    except KeyboardInterrupt:
        prompt.say(f"CloudFormation goes on: homeport status --stage {plan.manifest.stage} shows how")
        raise
    if status in _COMPLETE:
        return
    target.bucket.delete_pending(plan.manifest.stack)
    hint = _recovery_hint(status, target, plan.manifest.stage)
    raise DeployFailedError(f"the deploy failed: {failure_reason(status, events)}", hint)


def _recovery_hint(status: str, target: DeployTarget, stage: str) -> str:
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return "everything is as it was before; mend it and deploy again"
    if status == "ROLLBACK_COMPLETE":
        return "what it had made is removed again; mend it and deploy again"
    return recovery_command(StackStatus(target.stack.name, status), target.region, stage)
