"""Whether the account has the concurrency that the functions are to reserve.

What a deploy is going to put on AWS, whole, before anything is done. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeport import __version__
from homeport.cloud.aws.bucket import Manifest, content_key
from homeport.cloud.aws.client import AwsClient
from homeport.cloud.aws.stack import LARGEST_TEMPLATE, ChangeSetRequest, Start, request_token
from homeport.cloud.bundle import Bundle
from homeport.cloud.errors import CloudError
from homeport.cloud.template.functions import BUCKET_PARAMETER, KEY_PARAMETER
from homeport.project.model import Stage

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100


def reserved_in(template: Mapping[str, Any]) -> int:
    """What the functions of a template reserve together."""
    functions = (
        each for each in (template.get("Resources") or {}).values() if each.get("Type") == "AWS::Lambda::Function"
    )
    settings = (each.get("Properties", {}).get("ReservedConcurrentExecutions") for each in functions)
    return sum(int(value) for value in settings if isinstance(value, int | str) and str(value).isdecimal())


def check_concurrency(aws: AwsClient, wanted: int, present: int) -> None:
    """Ask AWS whether ``wanted`` can be reserved where this stack reserves ``present`` now. Raises CloudError."""
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
    """Something that the bucket has to have: content under a key that is made from it."""

    key: str
    content: bytes
    kind: str


@dataclass(frozen=True)
class Plan:
    """``parameters`` are the template's that are no secrets, ``secrets`` the others; None: as before.

    ``template`` is the whole document, ``body`` its text. ``secrets_fingerprint`` is a hash of the secret values.
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
        """Where the bucket keeps the template."""
        return content_key(self.stack, "templates", self.body.encode(), ".json")

    def change_set_request(self, start: Start, url: str) -> ChangeSetRequest:
        """What CloudFormation is asked for."""
        described = f"{self.commit or 'no commit'} by {self.who}"
        parameters = {**self.parameters, **self.secrets}
        return ChangeSetRequest(self.body, url, parameters, start, self.token, f"homeport {__version__}: {described}")

    def manifest(self, outputs: Mapping[str, str] | None = None) -> Manifest:
        """What is remembered of it."""
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
    """Who deploys, when, from which commit."""

    who: str
    at: datetime
    commit: str = ""

    @property
    def id(self) -> str:
        """``20260301T120000.123Z``: what the deploy is called, so that names sort by time."""
        return f"{self.at:%Y%m%dT%H%M%S}.{self.at.microsecond // 1000:03}Z"

    @property
    def token(self) -> str:
        """What marks the deploy's events in CloudFormation."""
        return request_token(self.who, self.at)


@dataclass(frozen=True)
class Content:
    """What is deployed: the template, its parameters' values, the code and the spec."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    secrets: Mapping[str, str]
    secrets_fingerprint: str
    bundle: Bundle
    spec: bytes


def make_plan(content: Content, stage: Stage, region: str, bucket: str, deployer: Deployer) -> Plan:
    """The plan of a deploy. Raises CloudError for a template that CloudFormation would not take."""
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
    """The plan that goes back to an earlier deploy: its code, its spec, its parameters.

    ``template`` is that deploy's, with the data as it is now; ``present`` are the parameters that the stack has.
    Secrets stay as they are now. Raises CloudError for one that the stack does not know any more.
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
    """A template as it is sent, as short as JSON can be. Raises CloudError for one that is too large."""
    body = json.dumps(template, separators=(",", ":"), sort_keys=False)
    if len(body.encode()) > LARGEST_TEMPLATE:
        raise CloudError(
            f"the template is {len(body.encode()):,} bytes, CloudFormation takes {LARGEST_TEMPLATE:,}",
            "put operations together with x-homeport: function",
        )
    return body


def secret_names(template: Mapping[str, Any]) -> Iterator[str]:
    """The parameters of a template that CloudFormation never shows."""
    for name, parameter in (template.get("Parameters") or {}).items():
        if str(parameter.get("NoEcho", "")).lower() == "true":
            yield name
