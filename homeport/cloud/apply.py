"""A plan carried out: uploaded, shown as a diff, asked about, executed, followed to its end, remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from homeport.cloud.aws.bucket import Manifest
from homeport.cloud.aws.stack import ChangeSet, Standing, Start, mending, request_token, start_of_deploy
from homeport.cloud.changes import Change, diff_lines, first_cause, loss_lines, losses, read_changes
from homeport.cloud.console import Console
from homeport.cloud.deploy_target import Place
from homeport.cloud.errors import DeployFailed
from homeport.cloud.plan import Plan, check_concurrency, reserved_in
from homeport.cloud.template.functions import KEY_PARAMETER

_GOOD = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE"))


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to beforehand: the changes, and the loss of data among them."""

    changes: bool = False
    data_loss: bool = False


def carry_out(plan: Plan, place: Place, consent: Consent, console: Console) -> Manifest | None:
    """Make the stack what the plan says; what is remembered of it, None: it was so already. Raises CloudError."""
    standing = place.stack.standing()
    start = start_of_deploy(standing, place.region, plan.stage)
    if start == "recreate":
        _clear(standing, place, plan, console)
        start = "create"
    present = place.stack.template() if start == "update" else {}
    check_concurrency(place.aws, reserved_in(plan.template), reserved_in(present))
    _upload(plan, place, console)
    change_set = _propose(plan, place, start, console)
    if change_set is None:
        place.bucket.keep(plan.manifest(place.stack.outputs()))
        return None
    _ask(plan, read_changes(change_set.changes, present), place, change_set, start, consent, console)
    _execute(plan, place, change_set, console)
    manifest = plan.manifest(place.stack.outputs())
    place.bucket.keep(manifest)
    return manifest


def settle(place: Place) -> None:
    """Remember a deploy that went on at AWS after its command had been interrupted; forget one that failed."""
    begun = place.bucket.begun(place.stack.name)
    standing = place.stack.standing()
    if begun is None or standing.is_busy:
        return
    token = place.stack.newest_token()
    same = token == begun.token if token else place.stack.parameters().get(KEY_PARAMETER) == begun.code
    if standing.status in _GOOD and same:
        place.bucket.keep(replace(begun, outputs=place.stack.outputs()))
    else:
        place.bucket.forget_begun(place.stack.name)


def is_unchanged(plan: Plan, place: Place, last: Manifest | None) -> bool:
    """Whether the stack is what the plan says, as far as that is known without asking CloudFormation to work it out."""
    if last is None or not plan.manifest().same_content(last) or not last.token:
        return False
    standing = place.stack.standing()
    return standing.status in _GOOD and place.stack.newest_token() == last.token


def _clear(standing: Standing, place: Place, plan: Plan, console: Console) -> None:
    """Remove what a first deploy that failed has left: a stack with nothing in it."""
    console.say(f"removing the stack {standing.name}, whose first deploy failed ({standing.status})")
    before = place.stack.mark()
    stack_id = place.stack.delete(plan.token)
    status, _ = place.stack.follow(console, before, stack_id)
    if status != "DELETE_COMPLETE":
        start_of_deploy(place.stack.standing(), place.region, plan.stage)


def _upload(plan: Plan, place: Place, console: Console) -> None:
    if place.bucket.make():
        console.say(f"made the bucket {place.bucket.name}: private, encrypted, versioned")
    for upload in plan.uploads:
        if place.bucket.put(upload.key, upload.content, upload.kind):
            console.say(f"uploaded {upload.key} ({len(upload.content):,} bytes)")


def _propose(plan: Plan, place: Place, start: Start, console: Console) -> ChangeSet | None:
    console.say("asking CloudFormation what would change")
    url = place.aws.object_url(place.bucket.name, plan.template_key)
    return place.stack.propose(plan.proposal(start, url), console)


def _ask(
    plan: Plan,
    changes: tuple[Change, ...],
    place: Place,
    change_set: ChangeSet,
    start: Start,
    consent: Consent,
    console: Console,
) -> None:
    console.say(f"stack {plan.stack} in {place.region}, account {place.account}:")
    for line in (*diff_lines(changes, console.palette), *loss_lines(changes, console.palette)):
        console.say(line)
    try:
        if losses(changes) and not consent.data_loss:
            console.confirm_by_name("data would be lost.", plan.stage, "--allow-data-loss")
        elif not consent.changes:
            console.confirm("make these changes?", "--yes")
    except BaseException:
        place.stack.drop(change_set.id)
        if start == "create":
            place.stack.delete(request_token(plan.who, console.clock()))
        raise


def _execute(plan: Plan, place: Place, change_set: ChangeSet, console: Console) -> None:
    before = place.stack.mark()
    place.bucket.keep_begun(plan.manifest())
    place.stack.execute(change_set, plan.token)
    try:
        status, events = place.stack.follow(console, before)
    except KeyboardInterrupt:
        console.say(f"CloudFormation goes on: homeport status --stage {plan.stage} shows how")
        raise
    if status in _GOOD:
        return
    place.bucket.forget_begun(plan.stack)
    cause = first_cause(events)
    said = f"{cause.logical_id} ({cause.kind}): {cause.reason}" if cause else f"the stack is in {status}"
    raise DeployFailed(f"the deploy failed: {said}", _what_now(status, place, plan.stage))


def _what_now(status: str, place: Place, stage: str) -> str:
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return "everything is as it was before; mend it and deploy again"
    if status == "ROLLBACK_COMPLETE":
        return "what it had made is removed again; mend it and deploy again"
    return mending(Standing(place.stack.name, status), place.region, stage)
