"""Manifests: the record of each deploy, from which it can be made again. Pure.

The bucket keeps them beside the code, so that ``homeport rollback`` and ``homeport status`` need no other source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from homeport.cloud.errors import CloudError


@dataclass(frozen=True, slots=True)
class Manifest:
    """A deploy. ``id`` is its time, ``20260301T120000Z``; ``token`` marks its events in CloudFormation.

    ``code``, ``template`` and ``spec`` are keys of the bucket. ``parameters`` are the template's without secret ones;
    ``secrets`` is a hash of the secret values. ``of`` is the id of the deploy that a rollback went back to, "" for a
    deploy. ``commit`` is git's, with ``+`` where files differed from it.
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
        """The id of the deploy whose code and spec it has."""
        return self.of or self.id

    def same_content(self, other: Manifest) -> bool:
        """Return whether both deploys have the same code, template and parameters."""
        mine = (self.code, self.template, dict(self.parameters), self.secrets)
        return mine == (other.code, other.template, dict(other.parameters), other.secrets)


def to_json(manifest: Manifest) -> str:
    """Return a manifest as the bucket keeps it."""
    return json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n"


def from_json(text: str, key: str) -> Manifest:
    """Read a manifest; ``key`` is its key in the bucket, for the message. Fields of another release are left out."""
    try:
        known = {name: value for name, value in json.loads(text).items() if name in Manifest.__dataclass_fields__}
        return Manifest(**known)
    except (ValueError, TypeError, AttributeError) as error:
        raise CloudError(f"{key} is no manifest of a deploy: {error}", "deploy again, or remove it") from error


def find_rollback_deploy(manifests: Sequence[Manifest], chosen: str | None = None) -> Manifest:
    """Return the deploy to roll back to: ``chosen`` by its id, else the one before the deploy whose code runs now.

    ``manifests`` are those of the stack, the oldest first. Raises CloudError.
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
        # A rollback ran the code of its origin.
        found = deploys.get(earlier.origin, earlier)
        if earlier.id < present.id and not found.same_content(present):
            return found
    raise CloudError("there is no deploy before this one", "homeport status --stage STAGE lists them")


def keep_present_data(template: Mapping[str, Any], present: Mapping[str, Any], kinds: frozenset[str]) -> dict[str, Any]:
    """Return ``template`` with the resources that hold data as in ``present``: a rollback must lose no data.

    Parameters, conditions and mappings that these refer to are added where the older template lacks them.
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
