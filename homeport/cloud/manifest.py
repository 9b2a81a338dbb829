"""What a deploy put on AWS, kept beside the code in the bucket: enough to do it again. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from homeport.cloud.errors import CloudError


@dataclass(frozen=True, slots=True)
class Manifest:
    """One deploy. ``id`` is its time, ``20260301T120000Z``; ``token`` marks its events in CloudFormation.

    ``code``, ``template`` and ``spec`` are keys of the bucket. ``parameters`` are those of the template that are no
    secrets; ``secrets`` stands for the values of the others without telling them. ``of`` is the id of the deploy that
    a rollback went back to, "" for a deploy. ``commit`` is git's, with ``+`` where files differed from it.
    """

    id: str
    stage: str
    stack: str
    code: str
    template: str
    spec: str
    who: str
    token: str = ""
    commit: str = ""
    secrets: str = ""
    of: str = ""
    kit: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The deploy whose code and spec it has."""
        return self.of or self.id

    def same_content(self, other: Manifest) -> bool:
        """Whether both put the same things on AWS."""
        mine = (self.code, self.template, dict(self.parameters), self.secrets)
        return mine == (other.code, other.template, dict(other.parameters), other.secrets)


def to_json(manifest: Manifest) -> str:
    """As it is kept."""
    return json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n"


def from_json(text: str, key: str) -> Manifest:
    """Read one; ``key`` is where it is kept, for the message. Fields that another release added are left out."""
    try:
        known = {name: value for name, value in json.loads(text).items() if name in Manifest.__dataclass_fields__}
        return Manifest(**known)
    except (ValueError, TypeError, AttributeError) as error:
        raise CloudError(f"{key} is no manifest of a deploy: {error}", "deploy again, or remove it") from error


def before(manifests: Sequence[Manifest], chosen: str | None = None) -> Manifest:
    """The deploy to go back to: ``chosen`` by its id, or the one that ran before that whose code runs now.

    ``manifests`` are all of the stack, the oldest first. Raises CloudError.
    """
    deploys = {manifest.id: manifest for manifest in manifests if not manifest.of}
    if chosen is not None:
        if chosen in deploys:
            return deploys[chosen]
        known = ", ".join(list(deploys)[-5:])
        raise CloudError(f"there is no deploy {chosen!r}", f"the last ones are {known}" if known else "there are none")
    if not manifests:
        raise CloudError("nothing has been deployed in this stage yet", "homeport deploy --stage STAGE")
    present = deploys.get(manifests[-1].origin, manifests[-1])
    for earlier in reversed(manifests):
        # What a rollback brought back ran under the name of its deploy.
        found = deploys.get(earlier.origin, earlier)
        if earlier.id < present.id and not found.same_content(present):
            return found
    raise CloudError("there is no deploy before this one", "homeport status --stage STAGE lists them")


def previous_data(template: Mapping[str, Any], present: Mapping[str, Any], kinds: frozenset[str]) -> dict[str, Any]:
    """``template`` with the resources that hold data as they are ``present`` now: going back must lose nothing.

    What those refer to (parameters, conditions, mappings) comes with them where the older template lacks it.
    """
    resources = dict(template.get("Resources") or {})
    now: Mapping[str, Any] = present.get("Resources") or {}
    resources |= {name: resource for name, resource in now.items() if resource.get("Type") in kinds}
    merged = {**template, "Resources": resources}
    for section in ("Parameters", "Conditions", "Mappings"):
        both = {**(present.get(section) or {}), **(template.get(section) or {})}
        if both:
            merged[section] = both
    return merged
