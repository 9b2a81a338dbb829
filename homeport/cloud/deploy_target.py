"""The target of a deploy: an account, a region, the stack and the bucket."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from homeport.cloud.aws.bucket import Bucket
from homeport.cloud.aws.client import AwsClient, CallListener, ignore_call
from homeport.cloud.aws.stack import CloudStack
from homeport.cloud.region import region_of
from homeport.project.project import Project


@dataclass(frozen=True, slots=True)
class DeployTarget:
    """The target of a deploy. ``who`` is the caller, the end of their ARN (``alice``, ``deploy/GitHubActions``)."""

    aws: AwsClient
    account: str
    partition: str
    who: str
    stack: CloudStack
    bucket: Bucket

    @property
    def region(self) -> str:
        """The stage's region."""
        return self.aws.region


def find_target(project: Project, on_call: CallListener = ignore_call) -> DeployTarget:
    """Return the target of the project's stage for the caller's credentials. Raises CloudError without any."""
    aws = AwsClient(region_of(project), on_call)
    identity = aws.call("sts", "GetCallerIdentity")
    account, (_, partition, *_) = identity["Account"], identity["Arn"].split(":")
    who = identity["Arn"].split(":", 5)[5].partition("/")[2] or "root"
    stack = CloudStack(aws, project.stage.stack_name)
    return DeployTarget(aws, account, partition, who, stack, Bucket(aws, account, partition))


def url_at_endpoint(url: str, endpoint: str | None) -> str:
    """Return an API's URL, at the endpoint that replaces AWS where there is one.

    https://docs.localstack.cloud/aws/services/apigateway/: an API is below ``/_aws/execute-api/<id>/<stage>`` there.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if endpoint is None or ".execute-api." not in host:
        return url.rstrip("/")
    stage = parts.path.strip("/") or "$default"
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{host.partition('.')[0]}/{stage}"
