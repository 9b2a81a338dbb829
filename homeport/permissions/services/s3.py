"""S3: buckets and objects.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..patterns import Context
from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_RENAMED = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CopyObject": "PutObject",
}
# Configurations of a bucket by id: one action gets and lists them, another one puts and deletes them.
_BY_ID = ("Analytics", "IntelligentTiering", "Inventory", "Metrics")
_OF_CONFIGURATION = {
    f"{verb}Bucket{kind}Configuration{plural}": f"{'Get' if verb in ('Get', 'List') else 'Put'}{kind}Configuration"
    for kind in _BY_ID
    for verb, plural in (("Get", ""), ("List", "s"), ("Put", ""), ("Delete", ""))
}
_ACTIONS = {**_RENAMED, **_OF_CONFIGURATION}
_OF_OTHER_PREFIX = {
    "CreateSession": "s3express:CreateSession",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
}
_OF_VERSION = frozenset(
    ("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging")
) | {"DeleteObjectTagging", "GetObjectTorrent"}
_WRITES = frozenset(("PutObject", "CopyObject", "CreateMultipartUpload"))
_GRANTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")
_KEYS = {
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:object-lock-retain-until-date": "ObjectLockRetainUntilDate",
    "s3:prefix": "Prefix",
    "s3:versionid": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
}


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to S3."""
    keys = _keys(operation, parameters)
    bucket = _bucket(str(parameters.get("Bucket", "")))
    if operation == "DeleteObjects":
        for each in parameters.get("Delete", {}).get("Objects", ()):
            yield _permission("DeleteObject", f"{bucket}/{each.get('Key', '')}", keys, each.get("VersionId"))
        return
    if operation == "GetObjectAttributes":
        version = "Version" if parameters.get("VersionId") else ""
        yield ServicePermission(f"s3:GetObject{version}", _resource(bucket, parameters), keys)
        yield ServicePermission(f"s3:GetObject{version}Attributes", _resource(bucket, parameters), keys)
        return
    if operation in _OF_OTHER_PREFIX:
        yield ServicePermission(_OF_OTHER_PREFIX[operation], ANY, keys)
        return
    resource = _resource(bucket, parameters)
    yield _permission(_ACTIONS.get(operation, operation), resource, keys, parameters.get("VersionId"))
    if operation in _WRITES:
        yield from _with_written(parameters, resource, keys)
    if operation in ("CopyObject", "UploadPartCopy"):
        yield _source(parameters.get("CopySource"), keys)


def _permission(action: str, resource: str, keys: Context, version: Any) -> ServicePermission:
    if version and action in _OF_VERSION:
        # GetObjectVersion, GetObjectVersionTagging, DeleteObjectVersion …
        action = action.replace("Object", "ObjectVersion", 1)
    return ServicePermission(f"s3:{action}", resource, keys)


def _with_written(parameters: Parameters, resource: str, keys: Context) -> Iterator[ServicePermission]:
    """Yield what a request needs that sets tags, grants or locks with an object."""
    if parameters.get("Tagging"):
        yield ServicePermission("s3:PutObjectTagging", resource, keys)
    if any(parameters.get(name) for name in _GRANTS):
        yield ServicePermission("s3:PutObjectAcl", resource, keys)
    if parameters.get("ObjectLockMode") or parameters.get("ObjectLockRetainUntilDate"):
        yield ServicePermission("s3:PutObjectRetention", resource, keys)
    if parameters.get("ObjectLockLegalHoldStatus"):
        yield ServicePermission("s3:PutObjectLegalHold", resource, keys)


def _source(source: Any, keys: Context) -> ServicePermission:
    """Return what the source of a copy needs: a map, or ``bucket/key?versionId=…``, encoded."""
    if isinstance(source, dict):
        bucket, name, version = source.get("Bucket", ""), source.get("Key", ""), source.get("VersionId")
    else:
        path, _, query = str(source or "").partition("?")
        bucket, _, name = unquote(path).lstrip("/").partition("/")
        version = dict(parse_qsl(query)).get("versionId")
    return _permission("GetObject", f"{_bucket(str(bucket))}/{name}", keys, version)


def _resource(bucket: str, parameters: Parameters) -> str:
    if not parameters.get("Bucket"):
        return ANY
    return f"{bucket}/{parameters['Key']}" if "Key" in parameters else bucket


def _bucket(name: str) -> str:
    # A bucket's name stands for its ARN, which has neither region nor account; an access point is given by its ARN.
    return name if name.startswith("arn:") else f"arn:aws:s3:::{name}"


def _keys(operation: str, parameters: Parameters) -> dict[str, list[str]]:
    found = {name: key(parameters.get(parameter)) for name, parameter in _KEYS.items()}
    tagging = parameters.get("Tagging")
    tags = _tags(tagging)
    return {
        **found,
        # An SDK signs in the Authorization header; a presigned URL is used by somebody else.
        "s3:authtype": ["REST-HEADER"],
        "s3:signatureversion": ["AWS4-HMAC-SHA256"],
        "s3:requestobjecttagkeys": list(tags),
        **{f"s3:requestobjecttag/{name.lower()}": [value] for name, value in tags.items()},
    }


def _tags(tagging: Any) -> dict[str, str]:
    if isinstance(tagging, str):
        return dict(parse_qsl(tagging, keep_blank_values=True))
    entries = tagging.get("TagSet", ()) if isinstance(tagging, dict) else ()
    return {str(each.get("Key")): str(each.get("Value")) for each in entries}
