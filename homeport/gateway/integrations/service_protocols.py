"""Wire protocols of AWS services, as far as URIs of integrations name actions.

https://smithy.io/2.0/aws/protocols/index.html; targets and versions are those of the services' API models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class JsonProtocol:
    """A service that takes JSON: the beginning of X-Amz-Target, and the version in its content type."""

    target: str
    version: str

    @property
    def content_type(self) -> str:
        """The content type of a request."""
        return f"application/x-amz-json-{self.version}"


JSON_SERVICES: Mapping[str, JsonProtocol] = {
    "athena": JsonProtocol("AmazonAthena", "1.1"),
    "codebuild": JsonProtocol("CodeBuild_20161006", "1.1"),
    "codepipeline": JsonProtocol("CodePipeline_20150709", "1.1"),
    "cognito-idp": JsonProtocol("AWSCognitoIdentityProviderService", "1.1"),
    "comprehend": JsonProtocol("Comprehend_20171127", "1.1"),
    "dynamodb": JsonProtocol("DynamoDB_20120810", "1.0"),
    "ecs": JsonProtocol("AmazonEC2ContainerServiceV20141113", "1.1"),
    "events": JsonProtocol("AWSEvents", "1.1"),
    "firehose": JsonProtocol("Firehose_20150804", "1.1"),
    "glue": JsonProtocol("AWSGlue", "1.1"),
    "kinesis": JsonProtocol("Kinesis_20131202", "1.1"),
    "kms": JsonProtocol("TrentService", "1.1"),
    "logs": JsonProtocol("Logs_20140328", "1.1"),
    "personalize": JsonProtocol("AmazonPersonalize", "1.1"),
    "redshift-data": JsonProtocol("RedshiftData", "1.1"),
    "rekognition": JsonProtocol("RekognitionService", "1.1"),
    "secretsmanager": JsonProtocol("secretsmanager", "1.1"),
    "servicediscovery": JsonProtocol("Route53AutoNaming_v20170314", "1.1"),
    "states": JsonProtocol("AWSStepFunctions", "1.0"),
    "streams.dynamodb": JsonProtocol("DynamoDBStreams_20120810", "1.0"),
    "tagging": JsonProtocol("ResourceGroupsTaggingAPI_20170126", "1.1"),
    "textract": JsonProtocol("Textract", "1.1"),
    "transcribe": JsonProtocol("Transcribe", "1.1"),
    "translate": JsonProtocol("AWSShineFrontendService_20170701", "1.1"),
}
"""The services whose actions API Gateway calls with JSON."""

QUERY_VERSIONS: Mapping[str, str] = {
    "autoscaling": "2011-01-01",
    "cloudformation": "2010-05-15",
    "ec2": "2016-11-15",
    "elasticache": "2015-02-02",
    "elasticbeanstalk": "2010-12-01",
    "elasticloadbalancing": "2015-12-01",
    "email": "2010-12-01",
    "iam": "2010-05-08",
    "monitoring": "2010-08-01",
    "rds": "2014-10-31",
    "redshift": "2012-12-01",
    "ses": "2010-12-01",
    "sns": "2010-03-31",
    "sqs": "2012-11-05",
    "ssm": "2014-11-06",
    "sts": "2011-06-15",
}
"""The versions of the services whose actions API Gateway calls with a query string."""

QUERY_ONLY_AT_GATEWAY: Mapping[str, JsonProtocol] = {"ssm": JsonProtocol("AmazonSSM", "1.1")}
"""Services that API Gateway calls by an old query protocol, while every SDK, and each local stand-in, has JSON."""

_LIST_ENTRY = re.compile(r"(?P<name>[A-Za-z]+)\.(?:member\.)?(?P<number>\d+)")
_WORDS: Mapping[str, Any] = {"true": True, "false": False}


def json_of_query(query: Iterable[tuple[str, str]]) -> bytes:
    """Return query parameters as the JSON input of the same action: ``Names.member.1=a`` is ``{"Names":["a"]}``."""
    found: dict[str, Any] = {}
    for name, value in query:
        entry = _LIST_ENTRY.fullmatch(name)
        if entry is not None:
            found.setdefault(entry["name"], []).append(value)
        elif name not in ("Action", "Version"):
            found[name] = _WORDS.get(value, int(value) if value.isascii() and value.isdecimal() else value)
    return json.dumps(found).encode()


def query_answer(action: str, body: bytes, request_id: str) -> bytes:
    """Return a JSON answer in the form in which the query protocol has it; one that has it already stays."""
    try:
        result = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(result, dict) or f"{action}Response" in result or "__type" in result:
        return body
    for member in result.values():
        if action == "GetParameter" and isinstance(member, dict):
            member |= {name: None for name in ("Selector", "SourceResult") if name not in member}
    response = {f"{action}Result": result, "ResponseMetadata": {"RequestId": request_id}}
    return json.dumps({f"{action}Response": response}, separators=(",", ":")).encode()
