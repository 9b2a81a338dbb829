"""The place of a request: the region that it is signed for, and the account. ARNs of resources are made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServicePlace:
    """A region of an account, in which a request is made.

    ``arns`` has the ARNs that names stand for: a secret's, whose ARN ends in random characters, and that of the key of
    an alias (``alias/orders``).
    """

    region: str
    account: str
    arns: Mapping[str, str] = field(default_factory=dict)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this place."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def arn_of(self, service: str, kind: str, name: str) -> str:
        """Return the ARN of a resource by its name (``stream/NAME``); an ARN stays as it is."""
        return name if name.startswith("arn:") else self.arn(service, f"{kind}{name}")
