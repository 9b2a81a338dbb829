"""The issuers and audiences that an authorizer trusts in a stage.

The local issuer has one fixed name in every project, on every port and host: tokens stay valid when ``homeport dev``
moves to another port, and the process that had the port before can't issue any. Projects differ by their keys. The name
is under ``localhost``, which RFC 6761 reserves, so that no resolver looks it up in a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeport.errors import HomeportError
from homeport.project.cloudformation.stack.cloud_text import is_known
from homeport.project.model import Authorizer, Stage

ISSUER = "https://issuer.homeport.localhost"
DEFAULT_AUDIENCE = "homeport"

_POOL = re.compile(r"arn:(?P<partition>aws[a-z-]*):cognito-idp:(?P<region>[a-z0-9-]+):\d+:userpool/(?P<id>[\w-]+)")


@dataclass(frozen=True, slots=True)
class Trust:
    """The tokens that an authorizer takes: by their ``iss``, and by their ``aud`` or ``client_id``."""

    issuers: tuple[str, ...]
    audience: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """True if the local issuer can mint tokens for the authorizer."""
        return ISSUER in self.issuers


def trust_of(authorizer: Authorizer, stage: Stage) -> Trust:
    """Return the issuers and audiences of a JWT or Cognito authorizer.

    ``auth`` in stages.yaml comes first. Without it the stage ``local`` trusts the local issuer, and the project's own
    user pools, which run on this machine; every other stage trusts the issuer that openapi.yaml names. Raises
    HomeportError if nothing names an issuer.
    """
    setting = stage.auth.get(authorizer.name)
    audience = (setting.audience if setting else ()) or authorizer.audience
    if setting and setting.issuer:
        return Trust((setting.issuer,), audience)
    if stage.key == "local":
        local = tuple(filter(is_known, audience)) or (DEFAULT_AUDIENCE,)
        return Trust((ISSUER, *authorizer.pool_issuers), tuple(dict.fromkeys((*local, *authorizer.pool_audience))))
    _check_known((*authorizer.provider_arns, authorizer.issuer or "", *audience), authorizer, stage)
    if authorizer.kind == "cognito":
        return Trust(tuple(_pool_issuer(arn, authorizer) for arn in authorizer.provider_arns), audience)
    if authorizer.issuer:
        return Trust((authorizer.issuer,), audience)
    source = authorizer.source
    raise HomeportError(
        f"{source.file}:{source.line}: no one issues the tokens of {authorizer.name!r} in stage {stage.key!r}",
        f"write stages.{stage.key}.auth.{authorizer.name}.issuer in deploy/stages.yaml",
    )


def _check_known(texts: tuple[str, ...], authorizer: Authorizer, stage: Stage) -> None:
    for text in texts:
        if not is_known(text):
            raise HomeportError(
                f"{authorizer.source.file}:{authorizer.source.line}: only the deployed stack knows {text}",
                f"write stages.{stage.key}.auth.{authorizer.name} with issuer and audience in deploy/stages.yaml to "
                "run this stage here, or use the stage local",
            )


def _pool_issuer(arn: str, authorizer: Authorizer) -> str:
    """Return the issuer of a user pool's tokens.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    """
    found = _POOL.fullmatch(arn)
    if found is None:
        raise HomeportError(
            f"{authorizer.source.file}:{authorizer.source.line}: {arn!r} is no ARN of a user pool",
            "write arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL in providerARNs",
        )
    suffix = "amazonaws.com.cn" if found["partition"] == "aws-cn" else "amazonaws.com"
    return f"https://cognito-idp.{found['region']}.{suffix}/{found['id']}"
