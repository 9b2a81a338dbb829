"""``homeport rollback``: the code and spec of an earlier deploy, with the data as it is."""

from __future__ import annotations

from homeport.cloud.apply import carry_out, settle
from homeport.cloud.changes import STATEFUL
from homeport.cloud.console import Console
from homeport.cloud.deploy import DeployOptions, conclude
from homeport.cloud.edge import Heard, unheard
from homeport.cloud.manifest import before, previous_data
from homeport.cloud.place import find_place
from homeport.cloud.plan import Deployer, rollback_plan
from homeport.cloud.stack import read_template
from homeport.cloud.states import refuse_busy
from homeport.spec.project import Project


def rollback(
    project: Project, options: DeployOptions, console: Console, chosen: str | None = None, heard: Heard = unheard
) -> int:
    """Go back to the deploy before the present one, or to ``chosen``; the exit status. Raises CloudError."""
    place = find_place(project, heard)
    refuse_busy(place.stack.standing())
    settle(place)
    target = before(place.bucket.manifests(project.stage.stack_name), chosen)
    console.say(
        f"going back to the deploy {target.id} by {target.who}{f', commit {target.commit}' if target.commit else ''}"
    )
    kept = read_template(place.bucket.read(target.template).decode())
    template = previous_data(kept, place.stack.template(), STATEFUL)
    deployer = Deployer(place.who, console.clock())
    plan = rollback_plan(target, template, place.stack.parameters(), deployer, place.region)
    manifest = carry_out(plan, place, options.consent, console)
    if manifest is None:
        console.say(f"no changes: {plan.stack} has the code and spec of {target.id} already")
        return 0
    return conclude(project, place, manifest, options.smoke, console)
