"""The operation and the parameters of a request to a service, read from HTTP as far as permissions look at them.

An SDK of any language sends one of few protocols: https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from homeport.permissions.services import service_name
from homeport.runtime.front.aws_request import AwsRequest

_FORM = "application/x-www-form-urlencoded"
_MEMBER = re.compile(r"([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*?)\.(?:member\.)?(\d+)")
_LAMBDA = re.compile(r"/\d{4}-\d\d-\d\d/functions/(?P<name>[^/]+)(?P<rest>/.*)?")
_LAMBDA_OPERATIONS = {
    ("POST", "/invocations"): "Invoke",
    ("POST", "/response-streaming-invocations"): "InvokeWithResponseStream",
    ("POST", "/invoke-async/"): "InvokeAsync",
    ("GET", ""): "GetFunction",
    ("GET", "/configuration"): "GetFunctionConfiguration",
}
# What a query string of S3 asks for beside objects: the parameter, and the operations of methods on bucket and key.
_OF_BUCKET: Mapping[tuple[str, str], str] = {
    ("GET", "acl"): "GetBucketAcl",
    ("GET", "cors"): "GetBucketCors",
    ("GET", "encryption"): "GetBucketEncryption",
    ("GET", "lifecycle"): "GetBucketLifecycleConfiguration",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "notification"): "GetBucketNotificationConfiguration",
    ("GET", "policy"): "GetBucketPolicy",
    ("GET", "tagging"): "GetBucketTagging",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "versioning"): "GetBucketVersioning",
    ("GET", "versions"): "ListObjectVersions",
    ("POST", "delete"): "DeleteObjects",
    ("PUT", "acl"): "PutBucketAcl",
    ("PUT", "cors"): "PutBucketCors",
    ("PUT", "encryption"): "PutBucketEncryption",
    ("PUT", "lifecycle"): "PutBucketLifecycleConfiguration",
    ("PUT", "notification"): "PutBucketNotificationConfiguration",
    ("PUT", "policy"): "PutBucketPolicy",
    ("PUT", "tagging"): "PutBucketTagging",
    ("PUT", "versioning"): "PutBucketVersioning",
    ("DELETE", "cors"): "DeleteBucketCors",
    ("DELETE", "encryption"): "DeleteBucketEncryption",
    ("DELETE", "lifecycle"): "DeleteBucketLifecycle",
    ("DELETE", "policy"): "DeleteBucketPolicy",
    ("DELETE", "tagging"): "DeleteBucketTagging",
    ("GET", ""): "ListObjectsV2",
    ("HEAD", ""): "HeadBucket",
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
}
_OF_OBJECT: Mapping[tuple[str, str], str] = {
    ("GET", "acl"): "GetObjectAcl",
    ("GET", "attributes"): "GetObjectAttributes",
    ("GET", "tagging"): "GetObjectTagging",
    ("GET", "uploadId"): "ListParts",
    ("PUT", "acl"): "PutObjectAcl",
    ("PUT", "tagging"): "PutObjectTagging",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("POST", "select"): "SelectObjectContent",
    ("POST", "restore"): "RestoreObject",
    ("DELETE", "tagging"): "DeleteObjectTagging",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
}
_S3_HEADERS = {
    "x-amz-acl": "ACL",
    "x-amz-copy-source": "CopySource",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-storage-class": "StorageClass",
    "x-amz-tagging": "Tagging",
}
_S3_QUERY = {"delimiter": "Delimiter", "max-keys": "MaxKeys", "prefix": "Prefix", "versionId": "VersionId"}
_S3_KEY = re.compile(r"<Key>([^<]*)</Key>(?:\s*<VersionId>([^<]*)</VersionId>)?")
_S3_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.(?:s3[.-]|localhost)")


class AskedService(NamedTuple):
    """A call as SDKs make it. ``protocol`` has botocore's name, in which an error is to be answered."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    protocol: str


def service_call(request: AwsRequest) -> AskedService | None:
    """Return the call of a request, None where its operation is not to be seen: such a request is not checked."""
    service = service_name(request.service)
    if "smithy-protocol" in request.headers:
        return AskedService(service, request.operation, {}, "smithy-rpc-v2-cbor")
    if "x-amz-target" in request.headers:
        return AskedService(service, request.operation, _json(request.body), "json")
    if request.content_type == _FORM:
        given = _form(request.body.decode("utf-8", "replace"))
        return AskedService(service, str(given.pop("Action", "")), given, "query")
    if service == "s3":
        return _s3_call(request)
    if service == "lambda":
        return _lambda_call(request)
    if urlsplit(request.target).path == "/v2/email/outbound-emails":
        return AskedService("sesv2", "SendEmail", _json(request.body), "rest-json")
    return None


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _form(text: str) -> dict[str, Any]:
    """Return the parameters of the query protocol: lists are ``Name.member.1``, structures ``Name.Part``."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        member = _MEMBER.fullmatch(name)
        path = (member[1] if member else name).split(".")
        owner = found
        for part in path[:-1]:
            inner = owner.setdefault(part, {})
            owner = inner if isinstance(inner, dict) else {}
        if member:
            entries = owner.setdefault(path[-1], [])
            if isinstance(entries, list):
                entries.append(value)
        else:
            owner[path[-1]] = value
    return found


def _lambda_call(request: AwsRequest) -> AskedService | None:
    url = urlsplit(request.target)
    found = _LAMBDA.fullmatch(url.path)
    operation = _LAMBDA_OPERATIONS.get((request.method, found["rest"] or "")) if found else None
    if found is None or operation is None:
        return None
    parameters = {"FunctionName": unquote(found["name"]), **dict(parse_qsl(url.query))}
    return AskedService("lambda", operation, parameters, "rest-json")


def _s3_call(request: AwsRequest) -> AskedService | None:
    url = urlsplit(request.target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    path = unquote(url.path).lstrip("/")
    in_host = _S3_HOST.match(request.headers.get("host", ""))
    bucket, _, key = (in_host["bucket"], "", path) if in_host else path.partition("/")
    parameters: dict[str, Any] = {"Bucket": bucket} if bucket else {}
    parameters |= {name: request.headers[header] for header, name in _S3_HEADERS.items() if header in request.headers}
    parameters |= {name: query[given] for given, name in _S3_QUERY.items() if given in query}
    operations = _OF_OBJECT if key else _OF_BUCKET
    if key:
        parameters["Key"] = key
    asked = next((name for method, name in operations if name in query and method == request.method), "")
    operation = operations.get((request.method, asked)) if bucket else "ListBuckets"
    if operation in ("PutObject", "UploadPart") and "CopySource" in parameters:
        operation = "CopyObject" if operation == "PutObject" else "UploadPartCopy"
    if operation == "DeleteObjects":
        listed = _S3_KEY.findall(request.body.decode("utf-8", "replace"))
        parameters["Delete"] = {"Objects": [{"Key": name, "VersionId": version} for name, version in listed]}
    return AskedService("s3", operation, parameters, "rest-xml") if operation else None
