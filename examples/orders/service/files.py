"""Files in S3: the only module that talks to it."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from botocore.config import Config

# AWS signs with version 4 alone in newer regions, and boto3 signs URLs with version 2 unless it is told.
s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
BUCKET = os.environ.get("FILES_BUCKET", "")


def upload_url(key: str, seconds: int) -> str:
    """Return a URL that takes a PUT of one file for so many seconds. Nothing is sent for it."""
    url: str = s3.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": key}, ExpiresIn=seconds)
    return url


def describe(bucket: str, key: str) -> dict[str, Any]:
    """Return the type and the size of a file, as an order has them."""
    found = s3.head_object(Bucket=bucket, Key=key)
    return {"contentType": found["ContentType"], "bytes": found["ContentLength"]}


def save_report(key: str, report: dict[str, int]) -> None:
    """Save a report as JSON."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(report).encode(), ContentType="application/json")
