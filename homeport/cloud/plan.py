"""The plan of a deploy or a rollback: everything that it will put on AWS. Pure but for ``check_concurrency``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from homeport import __version__
from homeport.cloud.aws.bucket import Manifest, content_key
from homeport.cloud.aws.client import AwsClient
from homeport.cloud.aws.stack import ChangeSetRequest
from homeport.cloud.aws.stack_status import Start, request_token
from homeport.cloud.bundle import Bundle
from homeport.cloud.errors import CloudError
from homeport.cloud.template.build import template_text
from homeport.cloud.template.code import BUCKET_PARAMETER
from homeport.project.model import Stage

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100


def reserved_in(template: Mapping[str, Any]) -> int:
    """Return the sum of the concurrency that the functions of a template reserve."""
    functions = (
        each for each in (template.get("Resources") or {}).values() if each.get("Type") == "AWS::Lambda::Function"
    )
    settings = (each.get("Properties", {}).get("ReservedConcurrentExecutions") for each in functions)
    return sum(int(value) for value in settings if isinstance(value, int | str) and str(value).isdecimal())


def check_concurrency(aws: AwsClient, wanted: int, present: int) -> None:
    """Check that the account can reserve ``wanted`` where this stack reserves ``present`` now. Raises CloudError."""
    if wanted == 0:
        return
    limit = aws.call("lambda", "GetAccountSettings")["AccountLimit"]
    total, unreserved = int(limit["ConcurrentExecutions"]), int(limit["UnreservedConcurrentExecutions"])
    left = unreserved + present - wanted
    if left < UNRESERVED:
        raise CloudError(
            f"the functions reserve a concurrency of {wanted}; of the account's {total} that would leave {left} "
            f"unreserved, and AWS wants {UNRESERVED}",
            "lower reservedConcurrency, or ask for more in Service Quotas (Lambda, concurrent executions)",
        )


@dataclass(frozen=True)
class Upload:
    """An object for the bucket. The key is made from the content. ``kind`` is its media type."""

    key: str
    content: bytes
    kind: str


@dataclass(frozen=True)
class Plan:
    """A deploy to make. ``manifest`` is its record, without outputs.

    ``secrets`` are the values of the template's NoEcho parameters, None for the previous value.
    """

    manifest: Manifest
    template: Mapping[str, Any]
    secrets: Mapping[str, str | None]
    uploads: tuple[Upload, ...]

    def change_set_request(self, start: Start, url: str) -> ChangeSetRequest:
        """Return the request for the change set."""
        made = self.manifest
        description = f"homeport {__version__}: {made.commit or 'no commit'} by {made.who}"
        parameters = {**made.parameters, **self.secrets}
        return ChangeSetRequest(template_text(self.template), url, parameters, start, made.token, description)


@dataclass(frozen=True, slots=True)
class Deployer:
    """The person who deploys, the time, and the commit."""

    who: str
    at: datetime
    commit: str = ""

    @property
    def id(self) -> str:
        """The id of the deploy, ``20260301T120000.123Z``: ids sort by time."""
        return f"{self.at:%Y%m%dT%H%M%S}.{self.at.microsecond // 1000:03}Z"

    @property
    def token(self) -> str:
        """The ClientRequestToken of the deploy's events in CloudFormation."""
        return request_token(self.who, self.at)


@dataclass(frozen=True)
class Content:
    """The content of a deploy: the template, its parameters' values, the code and the spec.

    ``bundles`` are the zips by the parameter that has their key, at least one.
    """

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    secrets: Mapping[str, str]
    secrets_fingerprint: str
    bundles: Mapping[str, Bundle]
    spec: bytes


def make_plan(content: Content, stage: Stage, bucket: str, deployer: Deployer) -> Plan:
    """Return the plan of a deploy. Raises CloudError for a template that is too large."""
    stack = stage.stack_name
    code = {
        parameter: Upload(f"{stack}/code/{bundle.digest}.zip", bundle.content, "application/zip")
        for parameter, bundle in content.bundles.items()
    }
    template = _template_upload(stack, content.template)
    spec = Upload(content_key(stack, "specs", content.spec, ".yaml"), content.spec, "application/yaml")
    manifest = Manifest(
        id=deployer.id,
        stage=stage.key,
        stack=stack,
        code=next(iter(code.values())).key,
        template=template.key,
        spec=spec.key,
        who=deployer.who,
        token=deployer.token,
        commit=deployer.commit,
        secrets=content.secrets_fingerprint,
        kit=__version__,
        parameters={
            **content.parameters,
            BUCKET_PARAMETER: bucket,
            **{parameter: upload.key for parameter, upload in code.items()},
        },
    )
    return Plan(manifest, content.template, dict(content.secrets), (*code.values(), template, spec))


def rollback_plan(
    earlier: Manifest, template: Mapping[str, Any], present: Mapping[str, str], deployer: Deployer
) -> Plan:
    """Return the plan of a rollback to an earlier deploy: its code, its spec, its parameters.

    ``template`` is that deploy's with the present data resources; ``present`` are the parameters of the stack.
    Secrets keep their present values. Raises CloudError for a secret that the stack has no longer.
    """
    declared = template.get("Parameters") or {}
    hidden = set(secret_names(template))
    if lost := sorted(name for name in hidden - present.keys() if "Default" not in declared[name]):
        raise CloudError(
            f"the deploy {earlier.id} had secrets that the stack does not know any more: {', '.join(lost)}",
            "check out its commit and deploy that",
        )
    upload = _template_upload(earlier.stack, template)
    manifest = replace(
        earlier,
        id=deployer.id,
        template=upload.key,
        who=deployer.who,
        token=deployer.token,
        secrets="",
        of=earlier.origin,
        kit=__version__,
        parameters={name: value for name, value in earlier.parameters.items() if name in declared},
        outputs={},
    )
    return Plan(manifest, template, dict.fromkeys(sorted(hidden & present.keys())), (upload,))


def _template_upload(stack: str, template: Mapping[str, Any]) -> Upload:
    body = template_text(template).encode()
    return Upload(content_key(stack, "templates", body, ".json"), body, "application/json")


def secret_names(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a template's NoEcho parameters."""
    for name, parameter in (template.get("Parameters") or {}).items():
        if str(parameter.get("NoEcho", "")).lower() == "true":
            yield name


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
