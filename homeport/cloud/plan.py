"""The plan of a deploy: everything that it will put on AWS. Pure but for ``check_concurrency``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeport import __version__
from homeport.cloud.aws.bucket import content_key
from homeport.cloud.aws.client import AwsClient
from homeport.cloud.aws.stack import LARGEST_TEMPLATE, ChangeSetRequest, Start, request_token
from homeport.cloud.bundle import Bundle
from homeport.cloud.errors import CloudError
from homeport.cloud.manifest import Manifest
from homeport.cloud.template.functions import BUCKET_PARAMETER, KEY_PARAMETER
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
    """A deploy to make. ``parameters`` are the template's without the secret ones.

    ``secrets`` are those, None for the previous value. ``template`` is the whole document, ``body`` its text.
    ``secrets_fingerprint`` is a hash of the secret values.
    """

    stage: str
    stack: str
    region: str
    template: Mapping[str, Any]
    body: str
    parameters: Mapping[str, str]
    secrets: Mapping[str, str | None]
    secrets_fingerprint: str
    code: str
    spec: str
    who: str
    token: str
    id: str
    commit: str
    of: str
    uploads: tuple[Upload, ...]

    @property
    def template_key(self) -> str:
        """The key of the template in the bucket."""
        return content_key(self.stack, "templates", self.body.encode(), ".json")

    def change_set_request(self, start: Start, url: str) -> ChangeSetRequest:
        """Return the request for the change set."""
        described = f"{self.commit or 'no commit'} by {self.who}"
        parameters = {**self.parameters, **self.secrets}
        return ChangeSetRequest(self.body, url, parameters, start, self.token, f"homeport {__version__}: {described}")

    def manifest(self, outputs: Mapping[str, str] | None = None) -> Manifest:
        """Return the manifest of the deploy."""
        return Manifest(
            id=self.id,
            stage=self.stage,
            stack=self.stack,
            code=self.code,
            template=self.template_key,
            spec=self.spec,
            who=self.who,
            token=self.token,
            commit=self.commit,
            secrets=self.secrets_fingerprint,
            of=self.of,
            kit=__version__,
            parameters=dict(self.parameters),
            outputs=dict(outputs or {}),
        )


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
    """The content of a deploy: the template, its parameters' values, the code and the spec."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    secrets: Mapping[str, str]
    secrets_fingerprint: str
    bundle: Bundle
    spec: bytes


def make_plan(content: Content, stage: Stage, region: str, bucket: str, deployer: Deployer) -> Plan:
    """Return the plan of a deploy. Raises CloudError for a template that is too large."""
    stack, body = stage.stack_name, template_text(content.template)
    code = f"{stack}/code/{content.bundle.digest}.zip"
    spec = content_key(stack, "specs", content.spec, ".yaml")
    return Plan(
        stage=stage.key,
        stack=stack,
        region=region,
        template=content.template,
        body=body,
        parameters={**content.parameters, BUCKET_PARAMETER: bucket, KEY_PARAMETER: code},
        secrets=dict(content.secrets),
        secrets_fingerprint=content.secrets_fingerprint,
        code=code,
        spec=spec,
        who=deployer.who,
        token=deployer.token,
        id=deployer.id,
        commit=deployer.commit,
        of="",
        uploads=(
            Upload(code, content.bundle.content, "application/zip"),
            Upload(content_key(stack, "templates", body.encode(), ".json"), body.encode(), "application/json"),
            Upload(spec, content.spec, "application/yaml"),
        ),
    )


def rollback_plan(
    earlier: Manifest, template: Mapping[str, Any], present: Mapping[str, str], deployer: Deployer, region: str
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
    known = {**earlier.parameters, KEY_PARAMETER: earlier.code}
    body = template_text(template)
    kept = Upload(content_key(earlier.stack, "templates", body.encode(), ".json"), body.encode(), "application/json")
    return Plan(
        stage=earlier.stage,
        stack=earlier.stack,
        region=region,
        template=template,
        body=body,
        parameters={name: value for name, value in known.items() if name in declared},
        secrets=dict.fromkeys(sorted(hidden & present.keys())),
        secrets_fingerprint="",
        code=earlier.code,
        spec=earlier.spec,
        who=deployer.who,
        token=deployer.token,
        id=deployer.id,
        commit=earlier.commit,
        of=earlier.origin,
        uploads=(kept,),
    )


def template_text(template: Mapping[str, Any]) -> str:
    """Return a template as JSON without whitespace. Raises CloudError for one that is too large."""
    body = json.dumps(template, separators=(",", ":"), sort_keys=False)
    if len(body.encode()) > LARGEST_TEMPLATE:
        raise CloudError(
            f"the template is {len(body.encode()):,} bytes, CloudFormation takes {LARGEST_TEMPLATE:,}",
            "put operations together with x-homeport: function",
        )
    return body


def secret_names(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a template's NoEcho parameters."""
    for name, parameter in (template.get("Parameters") or {}).items():
        if str(parameter.get("NoEcho", "")).lower() == "true":
            yield name
