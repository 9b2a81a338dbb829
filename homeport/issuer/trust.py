"""Whose tokens an authorizer takes in a stage.

The kit's issuer has one fixed name, whatever project, port or host: tokens stay valid when ``homeport dev`` moves to
another port, and no port's former owner can issue any. Projects are told apart by their keys, not by the name. It is
under ``localhost``, which RFC 6761 keeps from ever being anyone else's, and which no one looks up in a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeport.errors import HomeportError
from homeport.project.cloudformation.intrinsics import is_known
from homeport.project.model import Authorizer, Stage

ISSUER = "https://issuer.homeport.localhost"
DEFAULT_AUDIENCE = "homeport"

_POOL = re.compile(r"arn:(?P<partition>aws[a-z-]*):cognito-idp:(?P<region>[a-z0-9-]+):\d+:userpool/(?P<id>[\w-]+)")


@dataclass(frozen=True, slots=True)
class Trust:
    """``issuers`` are compared with ``iss`` as they are; ``audience`` holds what ``aud`` or ``client_id`` may be."""

    issuers: tuple[str, ...]
    audience: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether the kit can mint tokens for it."""
        return ISSUER in self.issuers


def trust_of(authorizer: Authorizer, stage: Stage) -> Trust:
    """Who issues the tokens of a JWT or Cognito authorizer.

    What stages.yaml says of the security scheme comes first. Else it is the kit's issuer in the stage ``local``, and
    what openapi.yaml says in any other. Raises HomeportError if nothing names an issuer.
    """
    told = stage.auth.get(authorizer.name)
    audience = (told.audience if told else ()) or authorizer.audience
    if told and told.issuer:
        return Trust((told.issuer,), audience)
    if stage.key == "local":
        return Trust((ISSUER,), tuple(filter(is_known, audience)) or (DEFAULT_AUDIENCE,))
    _refuse_unknown((*authorizer.provider_arns, authorizer.issuer or "", *audience), authorizer, stage)
    if authorizer.kind == "cognito":
        return Trust(tuple(_pool_issuer(arn, authorizer) for arn in authorizer.provider_arns), audience)
    if authorizer.issuer:
        return Trust((authorizer.issuer,), audience)
    source = authorizer.source
    raise HomeportError(
        f"{source.file}:{source.line}: no one issues the tokens of {authorizer.name!r} in stage {stage.key!r}",
        f"write stages.{stage.key}.auth.{authorizer.name}.issuer in deploy/stages.yaml",
    )


def _refuse_unknown(texts: tuple[str, ...], authorizer: Authorizer, stage: Stage) -> None:
    for text in texts:
        if not is_known(text):
            raise HomeportError(
                f"{authorizer.source.file}:{authorizer.source.line}: only the deployed stack knows {text}",
                f"write stages.{stage.key}.auth.{authorizer.name} with issuer and audience in deploy/stages.yaml to "
                "run this stage here, or use the stage local",
            )


def _pool_issuer(arn: str, authorizer: Authorizer) -> str:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html"""
    found = _POOL.fullmatch(arn)
    if found is None:
        raise HomeportError(
            f"{authorizer.source.file}:{authorizer.source.line}: {arn!r} is no ARN of a user pool",
            "write arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL in providerARNs",
        )
    suffix = "amazonaws.com.cn" if found["partition"] == "aws-cn" else "amazonaws.com"
    return f"https://cognito-idp.{found['region']}.{suffix}/{found['id']}"
