"""Issuers, audiences and user pools of authorizers, for the template.

The spec refers to resources of the same stack as ``Fn::Sub`` does: ``${UserPool.Arn}``.
"""

from __future__ import annotations

import re
from typing import Any

from homeport.cloud.template.functions import attribute, ref, sub
from homeport.errors import Problem, ProjectError
from homeport.project.load import Project
from homeport.project.model import Authorizer, StageAuth

_ISSUER = re.compile(r"https://cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<pool>[\w-]+)")
_WHOLE = re.compile(r"\$\{(?P<name>[A-Za-z0-9:]+)(?:\.(?P<attribute>[A-Za-z0-9.]+))?\}")


def issuer(authorizer: Authorizer, project: Project) -> Any:
    """Return the issuer of a JWT authorizer's tokens. Raises ProjectError without one."""
    named = _stage_auth(authorizer, project).issuer or authorizer.issuer
    if not named:
        raise _no_issuer(authorizer, project)
    return cloud_value(named)


def audience(authorizer: Authorizer, project: Project) -> list[Any]:
    """Return the values of ``aud`` or ``client_id``. Raises ProjectError without any: the field is required."""
    accepted = _stage_auth(authorizer, project).audience or authorizer.audience
    if not accepted:
        raise _error(
            authorizer,
            f"the JWT authorizer {authorizer.name!r} has no audience in stage {project.stage.key!r}",
            f"set jwtConfiguration.audience, or auth: {{{authorizer.name}: {{audience: […]}}}} in deploy/stages.yaml",
        )
    return [cloud_value(name) for name in accepted]


def user_pools(authorizer: Authorizer, project: Project) -> list[Any]:
    """Return the ARNs of a Cognito authorizer's user pools. Raises ProjectError without any."""
    named = _stage_auth(authorizer, project).issuer
    if not named and not authorizer.provider_arns:
        raise _no_issuer(authorizer, project)
    if not named:
        return [cloud_value(arn) for arn in authorizer.provider_arns]
    found = _ISSUER.fullmatch(named)
    if found is None:
        raise _error(
            authorizer,
            f"the issuer of {authorizer.name!r} in stage {project.stage.key!r} is no Cognito user pool",
            "write https://cognito-idp.REGION.amazonaws.com/POOL",
        )
    return [sub(f"arn:${{AWS::Partition}}:cognito-idp:{found['region']}:${{AWS::AccountId}}:userpool/{found['pool']}")]


def cloud_value(text: str) -> Any:
    """Return a text of the spec for the template, with references to resources as intrinsic functions."""
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        return sub(text) if "${" in text else text
    return attribute(whole["name"], whole["attribute"]) if whole["attribute"] else ref(whole["name"])


def _stage_auth(authorizer: Authorizer, project: Project) -> StageAuth:
    return project.stage.auth.get(authorizer.name) or StageAuth()


def _no_issuer(authorizer: Authorizer, project: Project) -> ProjectError:
    return _error(
        authorizer,
        f"no one issues the tokens of {authorizer.name!r} in stage {project.stage.key!r}",
        f"set auth: {{{authorizer.name}: {{issuer: …}}}} in deploy/stages.yaml",
    )


def _error(authorizer: Authorizer, message: str, hint: str) -> ProjectError:
    return ProjectError([Problem(message, authorizer.source.file, authorizer.source.line, hint)])
