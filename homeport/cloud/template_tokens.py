"""Whose tokens the deployed API takes: an OIDC issuer, or a user pool, which may be one of deploy/resources.yaml.

``auth: {userPool: {issuer: UserPool, audience: [UserPoolClient]}}`` in deploy/stages.yaml names resources by their
logical ids; a URL is an issuer anywhere.
"""

from __future__ import annotations

import re
from typing import Any

from homeport.cloud.template_functions import attribute, ref, sub
from homeport.errors import Problem, ProjectError
from homeport.spec.model import Authorizer
from homeport.spec.project import Project
from homeport.spec.resources import USER_POOL
from homeport.spec.stage import StageAuth

_CLIENT = "AWS::Cognito::UserPoolClient"
_ISSUER = re.compile(r"https://cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<pool>[\w-]+)")


def issuer(authorizer: Authorizer, project: Project) -> Any:
    """The issuer of a JWT authorizer's tokens. Raises ProjectError if there is none."""
    named = _told(authorizer, project).issuer or authorizer.issuer
    if named in project.resources.of_type(USER_POOL):
        return attribute(str(named), "ProviderURL")
    if not named:
        raise _nobody(authorizer, project)
    return named


def audience(authorizer: Authorizer, project: Project) -> list[Any]:
    """What ``aud`` or ``client_id`` may be. Raises ProjectError if nothing is said: API Gateway asks for it."""
    clients = project.resources.of_type(_CLIENT)
    said = _told(authorizer, project).audience or authorizer.audience
    if not said:
        raise _error(
            authorizer,
            f"the JWT authorizer {authorizer.name!r} has no audience in stage {project.stage.key!r}",
            f"set jwtConfiguration.audience, or auth: {{{authorizer.name}: {{audience: […]}}}} in deploy/stages.yaml",
        )
    return [ref(name) if name in clients else name for name in said]


def user_pools(authorizer: Authorizer, project: Project) -> list[Any]:
    """The ARNs of a Cognito authorizer's user pools. Raises ProjectError if there is none."""
    named = _told(authorizer, project).issuer
    if not named and authorizer.provider_arns:
        return list(authorizer.provider_arns)
    if not named:
        raise _nobody(authorizer, project)
    if named in project.resources.of_type(USER_POOL):
        return [attribute(named, "Arn")]
    found = _ISSUER.fullmatch(named)
    if found is None:
        raise _error(
            authorizer,
            f"{named!r}, the issuer of {authorizer.name!r} in stage {project.stage.key!r}, is no Cognito user pool",
            "name a user pool of deploy/resources.yaml, or https://cognito-idp.REGION.amazonaws.com/POOL",
        )
    return [sub(f"arn:${{AWS::Partition}}:cognito-idp:{found['region']}:${{AWS::AccountId}}:userpool/{found['pool']}")]


def _told(authorizer: Authorizer, project: Project) -> StageAuth:
    return project.stage.auth.get(authorizer.name) or StageAuth()


def _nobody(authorizer: Authorizer, project: Project) -> ProjectError:
    return _error(
        authorizer,
        f"no one issues the tokens of {authorizer.name!r} in stage {project.stage.key!r}",
        f"set auth: {{{authorizer.name}: {{issuer: …}}}} in deploy/stages.yaml",
    )


def _error(authorizer: Authorizer, message: str, cure: str) -> ProjectError:
    return ProjectError([Problem(message, authorizer.source.file, authorizer.source.line, cure)])
