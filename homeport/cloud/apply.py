"""A plan carried out: uploaded, shown as a diff, asked about, executed, followed to its end, remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from homeport.cloud.aws.bucket import Manifest
from homeport.cloud.aws.stack import ChangeSet, StackStatus, Start, recovery_command, request_token, start_of_deploy
from homeport.cloud.changes import Change, diff_lines, first_cause, loss_lines, losses, read_changes
from homeport.cloud.deploy_target import DeployTarget
from homeport.cloud.errors import DeployFailedError
from homeport.cloud.plan import Plan, check_concurrency, reserved_in
from homeport.cloud.prompt import Prompt
from homeport.cloud.template.functions import KEY_PARAMETER

_GOOD = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE"))


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to beforehand: the changes, and the loss of data among them."""

    changes: bool = False
    data_loss: bool = False


def apply_plan(plan: Plan, target: DeployTarget, consent: Consent, prompt: Prompt) -> Manifest | None:
    """Make the stack what the plan says; what is remembered of it, None: it was so already. Raises CloudError."""
    current = target.stack.status()
    start = start_of_deploy(current, target.region, plan.stage)
    if start == "recreate":
        _clear(current, target, plan, prompt)
        start = "create"
    present = target.stack.template() if start == "update" else {}
    check_concurrency(target.aws, reserved_in(plan.template), reserved_in(present))
    _upload(plan, target, prompt)
    change_set = _propose(plan, target, start, prompt)
    if change_set is None:
        target.bucket.keep(plan.manifest(target.stack.outputs()))
        return None
    _ask(plan, read_changes(change_set.changes, present), target, change_set, start, consent, prompt)
    _execute(plan, target, change_set, prompt)
    manifest = plan.manifest(target.stack.outputs())
    target.bucket.keep(manifest)
    return manifest


def record_interrupted_deploy(target: DeployTarget) -> None:
    """Remember a deploy that went on at AWS after its command had been interrupted; forget one that failed."""
    begun = target.bucket.begun(target.stack.name)
    current = target.stack.status()
    if begun is None or current.is_busy:
        return
    token = target.stack.newest_token()
    same = token == begun.token if token else target.stack.parameters().get(KEY_PARAMETER) == begun.code
    if current.status in _GOOD and same:
        target.bucket.keep(replace(begun, outputs=target.stack.outputs()))
    else:
        target.bucket.forget_begun(target.stack.name)


def is_unchanged(plan: Plan, target: DeployTarget, last: Manifest | None) -> bool:
    """Whether the stack is what the plan says, as far as that is known without asking CloudFormation to work it out."""
    if last is None or not plan.manifest().same_content(last) or not last.token:
        return False
    current = target.stack.status()
    return current.status in _GOOD and target.stack.newest_token() == last.token


def _clear(current: StackStatus, target: DeployTarget, plan: Plan, prompt: Prompt) -> None:
    """Remove what a first deploy that failed has left: a stack with nothing in it."""
    prompt.say(f"removing the stack {current.name}, whose first deploy failed ({current.status})")
    before = target.stack.event_ids()
    stack_id = target.stack.delete(plan.token)
    status, _ = target.stack.follow(prompt, before, stack_id)
    if status != "DELETE_COMPLETE":
        start_of_deploy(target.stack.status(), target.region, plan.stage)


def _upload(plan: Plan, target: DeployTarget, prompt: Prompt) -> None:
    if target.bucket.make():
        prompt.say(f"made the bucket {target.bucket.name}: private, encrypted, versioned")
    for upload in plan.uploads:
        if target.bucket.put(upload.key, upload.content, upload.kind):
            prompt.say(f"uploaded {upload.key} ({len(upload.content):,} bytes)")


def _propose(plan: Plan, target: DeployTarget, start: Start, prompt: Prompt) -> ChangeSet | None:
    prompt.say("asking CloudFormation what would change")
    url = target.aws.object_url(target.bucket.name, plan.template_key)
    return target.stack.create_change_set(plan.change_set_request(start, url), prompt)


def _ask(
    plan: Plan,
    changes: tuple[Change, ...],
    target: DeployTarget,
    change_set: ChangeSet,
    start: Start,
    consent: Consent,
    prompt: Prompt,
) -> None:
    prompt.say(f"stack {plan.stack} in {target.region}, account {target.account}:")
    for line in (*diff_lines(changes, prompt.palette), *loss_lines(changes, prompt.palette)):
        prompt.say(line)
    try:
        if losses(changes) and not consent.data_loss:
            prompt.confirm_by_name("data would be lost.", plan.stage, "--allow-data-loss")
        elif not consent.changes:
            prompt.confirm("make these changes?", "--yes")
    except BaseException:
        target.stack.delete_change_set(change_set.id)
        if start == "create":
            target.stack.delete(request_token(plan.who, prompt.clock()))
        raise


def _execute(plan: Plan, target: DeployTarget, change_set: ChangeSet, prompt: Prompt) -> None:
    before = target.stack.event_ids()
    target.bucket.keep_begun(plan.manifest())
    target.stack.execute(change_set, plan.token)
    try:
        status, events = target.stack.follow(prompt, before)
    except KeyboardInterrupt:
        prompt.say(f"CloudFormation goes on: homeport status --stage {plan.stage} shows how")
        raise
    if status in _GOOD:
        return
    target.bucket.forget_begun(plan.stack)
    cause = first_cause(events)
    said = f"{cause.logical_id} ({cause.kind}): {cause.reason}" if cause else f"the stack is in {status}"
    raise DeployFailedError(f"the deploy failed: {said}", _what_now(status, target, plan.stage))


def _what_now(status: str, target: DeployTarget, stage: str) -> str:
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return "everything is as it was before; mend it and deploy again"
    if status == "ROLLBACK_COMPLETE":
        return "what it had made is removed again; mend it and deploy again"
    return recovery_command(StackStatus(target.stack.name, status), target.region, stage)
