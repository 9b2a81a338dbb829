"""The connection of the pages to the services: clients of the endpoint in use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from homeport.aws.services import used_services
from homeport.aws.setup.clients import Clients
from homeport.dynamodb.calls import is_aws
from homeport.errors import HomeportError
from homeport.inspector.site_context import SiteContext


@lru_cache(maxsize=4)
def _clients(endpoint: str, region: str) -> Clients:
    return Clients(endpoint, region, embedded=False)


def local_endpoint(site: SiteContext) -> str:
    """Return the endpoint of the services. Raises HomeportError where none runs on this machine."""
    if site.aws is None:
        raise HomeportError(
            "no service of AWS runs in this homeport dev beside DynamoDB",
            "they start where a resource of the project, or a policy of a function, names one",
        )
    if is_aws(site.aws):
        raise HomeportError(
            f"the services at {site.aws} are AWS's own: only those of this machine are opened here",
            "use the AWS console",
        )
    return site.aws


def client(site: SiteContext, service: str) -> Any:
    """Return boto3's client of a service (``sqs``). Raises HomeportError where none runs on this machine."""
    return _clients(local_endpoint(site), site.projects.current().stage.region)(service)


def is_used(site: SiteContext, *services: str) -> bool:
    """Return whether the project uses one of these services (IAM's names), so that it is worth asking."""
    return site.aws is not None and not used_services(site.projects.current()).keys().isdisjoint(services)
