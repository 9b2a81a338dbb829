"""What a deploy put on AWS, kept beside the code in the bucket: enough to do it again. Pure.

The bucket of an account and region, for code, templates and manifests: made once, private, encrypted, versioned.

What a stage keeps in it is below the name of its stack. Keys of code, templates and specs are made from their content,
so what did not change is not sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from homeport.cloud.aws.client import AwsClient
from homeport.cloud.errors import AwsCallError, AwsNotFoundError, CloudError


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


# The only region that CreateBucket must not be told.
_FIRST_REGION = "us-east-1"
_MOST_DELETED = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """``partition`` is ``aws``, ``aws-cn`` or ``aws-us-gov``."""

    aws: AwsClient
    account: str
    partition: str = "aws"

    @property
    def name(self) -> str:
        """``homeport-123456789012-eu-central-1``."""
        return f"homeport-{self.account}-{self.aws.region}"

    def make(self) -> bool:
        """Make it, or finish making it; whether anything was to do. Raises CloudError if somebody else has the name."""
        if self._is_there():
            try:
                if json.loads(self._call("GetBucketPolicy")["Policy"]) == self._policy():
                    return False
            except AwsNotFoundError:
                pass
        else:
            self._create()
        self._secure()
        return True

    def put(self, key: str, content: bytes, kind: str) -> bool:
        """Keep content under a key that was made from it; whether it had to be sent. ``kind`` is its media type."""
        try:
            self._call("HeadObject", Key=key)
        except AwsNotFoundError:
            self.write(key, content, kind)
            return True
        return False

    def write(self, key: str, content: bytes, kind: str) -> None:
        """Keep content under a key, whatever is there."""
        self._call("PutObject", Key=key, Body=content, ContentType=kind, ChecksumAlgorithm="SHA256")

    def read(self, key: str) -> bytes:
        """What is kept under a key. Raises AwsNotFoundError."""
        content: bytes = self._call("GetObject", Key=key)["Body"].read()
        return content

    def manifests(self, stack: str) -> list[Manifest]:
        """The deploys of a stack, the oldest first; none where there is no bucket."""
        return [self.manifest(key) for key in self.manifest_keys(stack)]

    def last_manifest(self, stack: str) -> Manifest | None:
        """The last deploy of a stack, None: there was none."""
        keys = self.manifest_keys(stack)
        return self.manifest(keys[-1]) if keys else None

    def manifest_keys(self, stack: str) -> list[str]:
        """Where the deploys of a stack are kept, the oldest first."""
        token = ("NextContinuationToken", "ContinuationToken")
        parameters = {"Bucket": self.name, "ExpectedBucketOwner": self.account, "Prefix": f"{stack}/deploys/"}
        try:
            pages = list(self.aws.pages("s3", "ListObjectsV2", token, **parameters))
        except AwsNotFoundError:
            return []
        return sorted(found["Key"] for page in pages for found in page.get("Contents", ()))

    def manifest(self, key: str) -> Manifest:
        """The deploy that is kept under a key. Raises CloudError."""
        return from_json(self.read(key).decode(errors="replace"), key)

    def keep(self, manifest: Manifest) -> None:
        """Remember a deploy that is done."""
        key = f"{manifest.stack}/deploys/{manifest.id}.json"
        self.write(key, to_json(manifest).encode(), "application/json")
        self.forget_begun(manifest.stack)

    def keep_begun(self, manifest: Manifest) -> None:
        """Remember a deploy that is about to begin."""
        self.write(_begun(manifest.stack), to_json(manifest).encode(), "application/json")

    def begun(self, stack: str) -> Manifest | None:
        """A deploy that was begun and of which no end is known, None: there is none."""
        try:
            return self.manifest(_begun(stack))
        except AwsNotFoundError:
            return None

    def forget_begun(self, stack: str) -> None:
        """Its end is known."""
        self._call("DeleteObject", Key=_begun(stack))

    def empty(self, stack: str) -> int:
        """Remove all that is kept of a stack, old versions included; how many objects that were."""
        try:
            found = list(self._versions(f"{stack}/"))
        except AwsNotFoundError:
            return 0
        for start in range(0, len(found), _MOST_DELETED):
            objects = {"Objects": found[start : start + _MOST_DELETED], "Quiet": True}
            errors = self._call("DeleteObjects", Delete=objects).get("Errors")
            if errors:
                raise CloudError(f"{errors[0]['Key']} could not be removed: {errors[0].get('Message', '')}")
        return len(found)

    def remove_if_empty(self) -> bool:
        """Remove the bucket where no stage keeps anything in it; whether it is gone."""
        try:
            if next(self._versions("", most=1), None) is not None:
                return False
            self._call("DeleteBucket")
        except AwsNotFoundError:
            return True
        except AwsCallError as refused:
            # Another stage's deploy has put something in meanwhile.
            if refused.code == "BucketNotEmpty":
                return False
            raise
        return True

    def _versions(self, prefix: str, most: int = _MOST_DELETED) -> Iterator[dict[str, str]]:
        parameters: dict[str, Any] = {"Prefix": prefix, "MaxKeys": most}
        while True:
            page = self._call("ListObjectVersions", **parameters)
            for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                yield {"Key": found["Key"], "VersionId": found["VersionId"]}
            if not page.get("IsTruncated"):
                return
            parameters["KeyMarker"] = page["NextKeyMarker"]
            parameters["VersionIdMarker"] = page["NextVersionIdMarker"]

    def _is_there(self) -> bool:
        try:
            self._call("HeadBucket")
        except AwsNotFoundError:
            return False
        except AwsCallError as refused:
            if refused.code in ("403", "AccessDenied"):
                raise self._taken_or_denied(refused) from refused
            raise
        return True

    def _create(self) -> None:
        region = {} if self.aws.region == _FIRST_REGION else {"LocationConstraint": self.aws.region}
        parameters = {"CreateBucketConfiguration": region} if region else {}
        try:
            self.aws.call("s3", "CreateBucket", Bucket=self.name, **parameters)
        except AwsCallError as refused:
            if refused.code == "BucketAlreadyExists":
                raise self._taken_or_denied(refused) from refused
            if refused.code != "BucketAlreadyOwnedByYou":
                raise

    def _secure(self) -> None:
        """Close it. The policy comes last: where it stands, all is done."""
        closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        self._call("PutPublicAccessBlock", PublicAccessBlockConfiguration=dict.fromkeys(closed, True))
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        self._call("PutBucketEncryption", ServerSideEncryptionConfiguration={"Rules": [rule]})
        self._call("PutBucketVersioning", VersioningConfiguration={"Status": "Enabled"})
        self._call("PutBucketPolicy", Policy=json.dumps(self._policy()))

    def _policy(self) -> dict[str, Any]:
        arn = f"arn:{self.partition}:s3:::{self.name}"
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OnlyTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }

    def _taken_or_denied(self, refused: AwsCallError) -> CloudError:
        return CloudError(
            f"the bucket {self.name} belongs to another account, or these credentials may not use it ({refused.code})",
            f"allow {refused.action} on it; if another account has taken the name, deploy to another region",
        )

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        # So that nothing is ever written to or read from a bucket that somebody else made under this name.
        return self.aws.call("s3", operation, Bucket=self.name, ExpectedBucketOwner=self.account, **parameters)


def _begun(stack: str) -> str:
    return f"{stack}/begun.json"


def content_key(stack: str, folder: str, content: bytes, suffix: str) -> str:
    """The key of something that is named after its content."""
    return f"{stack}/{folder}/{hashlib.sha256(content).hexdigest()}{suffix}"
