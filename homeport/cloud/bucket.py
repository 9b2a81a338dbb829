"""The bucket of an account and region, for code, templates and manifests: made once, private, encrypted, versioned.

What a stage keeps in it is below the name of its stack. Keys of code, templates and specs are made from their content,
so what did not change is not sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeport.cloud.edge import Aws
from homeport.cloud.errors import CallRefused, CloudError, NotThere
from homeport.cloud.manifest import Manifest, from_json, to_json

# The only region that CreateBucket must not be told.
_FIRST_REGION = "us-east-1"
_MOST_DELETED = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """``partition`` is ``aws``, ``aws-cn`` or ``aws-us-gov``."""

    aws: Aws
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
            except NotThere:
                pass
        else:
            self._create()
        self._secure()
        return True

    def put(self, key: str, content: bytes, kind: str) -> bool:
        """Keep content under a key that was made from it; whether it had to be sent. ``kind`` is its media type."""
        try:
            self._call("HeadObject", Key=key)
        except NotThere:
            self.write(key, content, kind)
            return True
        return False

    def write(self, key: str, content: bytes, kind: str) -> None:
        """Keep content under a key, whatever is there."""
        self._call("PutObject", Key=key, Body=content, ContentType=kind, ChecksumAlgorithm="SHA256")

    def read(self, key: str) -> bytes:
        """What is kept under a key. Raises NotThere."""
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
        except NotThere:
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
        except NotThere:
            return None

    def forget_begun(self, stack: str) -> None:
        """Its end is known."""
        self._call("DeleteObject", Key=_begun(stack))

    def empty(self, stack: str) -> int:
        """Remove all that is kept of a stack, old versions included; how many objects that were."""
        try:
            found = list(self._versions(f"{stack}/"))
        except NotThere:
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
        except NotThere:
            return True
        except CallRefused as refused:
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
        except NotThere:
            return False
        except CallRefused as refused:
            if refused.code in ("403", "AccessDenied"):
                raise self._taken_or_denied(refused) from refused
            raise
        return True

    def _create(self) -> None:
        region = {} if self.aws.region == _FIRST_REGION else {"LocationConstraint": self.aws.region}
        parameters = {"CreateBucketConfiguration": region} if region else {}
        try:
            self.aws.call("s3", "CreateBucket", Bucket=self.name, **parameters)
        except CallRefused as refused:
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

    def _taken_or_denied(self, refused: CallRefused) -> CloudError:
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
