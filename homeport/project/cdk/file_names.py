"""The files of an app of the AWS CDK, and of what it synthesizes."""

from __future__ import annotations

APP_FILE = "cdk.json"
MANIFEST = "manifest.json"
OUTPUT = "cdk.out"
