"""The bucket of an account and region for code, templates and manifests: private, encrypted, versioned.

The objects of a stage have the name of its stack as their prefix. Keys of code, templates and specs are made from their
content, so unchanged content is not sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from homeport.cloud.aws.client import AwsClient
from homeport.cloud.errors import AwsCallError, AwsNotFoundError, CloudError

# CreateBucket takes no LocationConstraint for this region.
_FIRST_REGION = "us-east-1"
_MOST_DELETED = 1000


@dataclass(frozen=True, slots=True)
class Manifest:
    """A deploy. ``id`` is its time, ``20260301T120000Z``; ``token`` marks its events in CloudFormation.

    ``code``, ``template`` and ``spec`` are keys of the bucket; further code is in ``parameters``. ``parameters`` are
    the template's without secret ones; ``secrets`` is a hash of the secret values. ``of`` is the id of the deploy that
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


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket. ``partition`` is ``aws``, ``aws-cn`` or ``aws-us-gov``."""

    aws: AwsClient
    account: str
    partition: str = "aws"

    @property
    def name(self) -> str:
        """The name: ``homeport-123456789012-eu-central-1``."""
        return f"homeport-{self.account}-{self.aws.region}"

    def make(self) -> bool:
        """Make the bucket or finish making it. Return whether anything was to do.

        Raises CloudError if another account has the name.
        """
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
        """Store content under a key that was made from it. Return whether it was sent. ``kind`` is its media type."""
        try:
            self._call("HeadObject", Key=key)
        except AwsNotFoundError:
            self.write(key, content, kind)
            return True
        return False

    def write(self, key: str, content: bytes, kind: str) -> None:
        """Store content under a key, also over an object that is there."""
        self._call("PutObject", Key=key, Body=content, ContentType=kind, ChecksumAlgorithm="SHA256")

    def read(self, key: str) -> bytes:
        """Return the content of an object. Raises AwsNotFoundError."""
        content: bytes = self._call("GetObject", Key=key)["Body"].read()
        return content

    def manifests(self, stack: str) -> list[Manifest]:
        """Return the deploys of a stack, the oldest first; none where there is no bucket."""
        return [self.manifest(key) for key in self.manifest_keys(stack)]

    def last_manifest(self, stack: str) -> Manifest | None:
        """Return the last deploy of a stack, None before the first."""
        keys = self.manifest_keys(stack)
        return self.manifest(keys[-1]) if keys else None

    def manifest_keys(self, stack: str) -> list[str]:
        """Return the keys of a stack's manifests, the oldest first."""
        token = ("NextContinuationToken", "ContinuationToken")
        parameters = {"Bucket": self.name, "ExpectedBucketOwner": self.account, "Prefix": f"{stack}/deploys/"}
        try:
            pages = list(self.aws.pages("s3", "ListObjectsV2", token, **parameters))
        except AwsNotFoundError:
            return []
        return sorted(found["Key"] for page in pages for found in page.get("Contents", ()))

    def manifest(self, key: str) -> Manifest:
        """Return the manifest under a key. Raises CloudError."""
        return from_json(self.read(key).decode(errors="replace"), key)

    def save_manifest(self, manifest: Manifest) -> None:
        """Store the manifest of a deploy that is done."""
        key = f"{manifest.stack}/deploys/{manifest.id}.json"
        self.write(key, to_json(manifest).encode(), "application/json")
        self.delete_pending(manifest.stack)

    def save_pending(self, manifest: Manifest) -> None:
        """Store the manifest of a deploy that is about to begin."""
        self.write(_pending_key(manifest.stack), to_json(manifest).encode(), "application/json")

    def pending_manifest(self, stack: str) -> Manifest | None:
        """Return the manifest of a deploy that began and whose end is not recorded, None without one."""
        try:
            return self.manifest(_pending_key(stack))
        except AwsNotFoundError:
            return None

    def delete_pending(self, stack: str) -> None:
        """Delete the manifest of a deploy that began."""
        self._call("DeleteObject", Key=_pending_key(stack))

    def empty(self, stack: str) -> int:
        """Delete all objects of a stack and their old versions. Return how many."""
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
        """Delete the bucket if it is empty. Return whether it is gone."""
        try:
            if next(self._versions("", most=1), None) is not None:
                return False
            self._call("DeleteBucket")
        except AwsNotFoundError:
            return True
        except AwsCallError as error:
            # The deploy of another stage has stored an object meanwhile.
            if error.code == "BucketNotEmpty":
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
        except AwsCallError as error:
            if error.code in ("403", "AccessDenied"):
                raise self._taken_or_denied(error) from error
            raise
        return True

    def _create(self) -> None:
        region = {} if self.aws.region == _FIRST_REGION else {"LocationConstraint": self.aws.region}
        parameters = {"CreateBucketConfiguration": region} if region else {}
        try:
            self.aws.call("s3", "CreateBucket", Bucket=self.name, **parameters)
        except AwsCallError as error:
            if error.code == "BucketAlreadyExists":
                raise self._taken_or_denied(error) from error
            if error.code != "BucketAlreadyOwnedByYou":
                raise

    def _secure(self) -> None:
        """Make the bucket private, encrypted and versioned. The policy comes last: a bucket with it is complete."""
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

    def _taken_or_denied(self, error: AwsCallError) -> CloudError:
        return CloudError(
            f"the bucket {self.name} belongs to another account, or these credentials may not use it ({error.code})",
            f"allow {error.action} on it; if another account has taken the name, deploy to another region",
        )

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        # ExpectedBucketOwner: nothing is read from or written to a bucket that another account made under this name.
        return self.aws.call("s3", operation, Bucket=self.name, ExpectedBucketOwner=self.account, **parameters)


def _pending_key(stack: str) -> str:
    return f"{stack}/begun.json"


def content_key(stack: str, folder: str, content: bytes, suffix: str) -> str:
    """Return the key of content that is named by its hash."""
    return f"{stack}/{folder}/{hashlib.sha256(content).hexdigest()}{suffix}"
