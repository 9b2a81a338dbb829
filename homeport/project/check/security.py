"""Rules for authorizers, scopes and API keys.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.check.operations import operation_cursors
from homeport.project.model import Authorizer
from homeport.project.openapi.extensions import AUTHORIZER
from homeport.project.openapi.gateway import API_KEY_SOURCE
from homeport.project.project import STAGES_FILE, Project
from homeport.project.source.document import Position
from homeport.project.stages.stages import LOCAL

_OTHER_FLAVOR = {
    ("http", "token"): ("an HTTP API has no TOKEN authorizer", "use type: request"),
    ("http", "cognito"): ("an HTTP API has no Cognito authorizer", "use type: jwt with the user pool as issuer"),
    ("rest", "jwt"): ("a REST API has no JWT authorizer", "use type: cognito_user_pools, or a Lambda authorizer"),
}
_SCOPED = ("jwt", "cognito")
_MOST_AUTHORIZERS = 10
_MOST_AUDIENCES = 50
_MOST_SCOPES = 10


def _at(project: Project, authorizer: Authorizer, *keys: str) -> Position:
    """Return the position of an authorizer in openapi.yaml, or of a value below it."""
    return project.documents.spec.at("components", "securitySchemes", authorizer.name, AUTHORIZER, *keys)


def authorizer_kinds(project: Project) -> Iterator[Problem]:
    """Each kind of API has authorizers of its own."""
    for authorizer in project.api.authorizers.values():
        problem = _OTHER_FLAVOR.get((project.stage.flavor, authorizer.kind))
        if problem is not None:
            yield _at(project, authorizer, "type").error(*problem)


def api_keys(project: Project) -> Iterator[Problem]:
    """API keys belong to REST APIs, and open nothing without a usage plan."""
    asking = [operation for operation in project.api.operations if operation.api_key_required]
    if not asking:
        return
    stage, spec = project.stage, project.documents.spec
    if stage.flavor == "http":
        for operation in asking:
            yield project.operation_at(operation).error(
                f"{operation.route_key} asks for an API key, which an HTTP API would not check",
                "use flavor: rest, or an authorizer",
            )
        return
    if not any(key.enabled and key.usage_plan is not None for key in stage.api_keys.values()):
        at = project.documents.stages.at("stages", stage.key)
        if project.template:
            at, hint = (
                project.operation_at(asking[0]),
                "add an AWS::ApiGateway::UsagePlanKey, or UsagePlan in SAM's Auth",
            )
        else:
            hint = "add apiKeys with a usagePlan"
        yield at.warning(
            f"no API key of stage {stage.stage_name if project.template else stage.key!r} belongs to a usage plan, "
            f"so nobody can call {', '.join(operation.route_key for operation in asking)}",
            hint,
        )
    lambdas = [name for name, authorizer in project.api.authorizers.items() if authorizer.kind in ("request", "token")]
    if project.api.api_key_source == "AUTHORIZER" and not lambdas:
        # AWS takes a template in which nobody can meet what the routes ask for.
        yield spec.at(API_KEY_SOURCE).problem(
            "no Lambda authorizer could give the API key",
            "use HEADER, or add an authorizer",
            "warning" if project.template else "error",
        )


def iam_callers(project: Project) -> Iterator[Problem]:
    """A route with AWS_IAM is open to the callers of the stage alone."""
    signed = [operation for operation in project.api.operations if operation.iam]
    if project.stage.key == LOCAL and signed and not project.stage.iam:
        routes = ", ".join(operation.route_key for operation in signed)
        yield project.operation_at(signed[0]).warning(
            f"stage {LOCAL!r} has no caller who could sign requests, so nobody can call {routes}",
            f"add iam: {{callers: {{NAME: {{accessKeyId, secretAccessKey, allow: [ARN]}}}}}} to {STAGES_FILE}",
        )


def api_key_values(project: Project) -> Iterator[Problem]:
    """An API key that is deployed has 20 to 128 characters."""
    if project.stage.key == LOCAL:
        return
    for name, key in project.stage.api_keys.items():
        if "{{resolve:" not in key.value and not 20 <= len(key.value) <= 128:
            yield project.documents.stage.at("apiKeys", name, "value").error(
                f"the API key {name!r} has {len(key.value)} characters; API Gateway takes 20 to 128",
                "make a longer one",
            )


def scheme_types(project: Project) -> Iterator[Problem]:
    """API Gateway imports a REST API's authorizers from schemes of type apiKey only."""
    for name, authorizer in project.api.authorizers.items():
        kind = project.documents.spec.find(("components", "securitySchemes", name, "type"))
        in_other_flavor = (project.stage.flavor, authorizer.kind) in _OTHER_FLAVOR
        if project.stage.flavor == "rest" and kind not in (None, ("apiKey",)) and not in_other_flavor:
            yield project.documents.spec.at("components", "securitySchemes", name, "type").warning(
                f"AWS imports a REST API's authorizers from schemes of type apiKey; {name!r} is of another",
                "write {type: apiKey, in: header, name: Authorization}",
            )


def alternatives(project: Project) -> Iterator[Problem]:
    """OpenAPI's "this or that" is API Gateway's "this and that" where an API key is concerned."""
    for operation, cursor in operation_cursors(project):
        asked = cursor.value.get("security", project.documents.spec.value.get("security"))
        if operation.api_key_required and operation.security and isinstance(asked, list) and len(asked) > 1:
            yield project.operation_at(operation).warning(
                f"{operation.route_key} lists an API key and an authorizer as alternatives; API Gateway asks for both",
                "put both into one entry of security",
            )


def scopes(project: Project) -> Iterator[Problem]:
    """Only JWT and Cognito authorizers look at scopes."""
    for operation in project.api.operations:
        for security in operation.security:
            authorizer = project.api.authorizers.get(security.scheme)
            at = project.operation_at(operation)
            if authorizer is not None and security.scopes and authorizer.kind not in _SCOPED:
                yield at.error(
                    f"{operation.route_key} asks for scopes, which a Lambda authorizer does not get",
                    f"write {security.scheme}: [], and check scopes in the authorizer",
                )
            if len(security.scopes) > _MOST_SCOPES:
                yield at.error(
                    f"{operation.route_key} asks for {len(security.scopes)} scopes, more than {_MOST_SCOPES}",
                    "ask for fewer",
                )


def tokens(project: Project) -> Iterator[Problem]:
    """A JWT authorizer knows its issuer and reads one token; a Cognito authorizer knows its pools."""
    stage = project.stage
    # API Gateway creates the other authorizers too, but no route uses them.
    for authorizer in project.api.used_authorizers.values():
        own = stage.auth.get(authorizer.name)
        issuer = own.issuer if own is not None and own.issuer else authorizer.issuer
        if authorizer.kind == "jwt" and len(authorizer.identity_sources) != 1:
            yield _at(project, authorizer, "identitySource").error(
                "a JWT authorizer reads its token from one place", "write $request.header.Authorization"
            )
        if authorizer.kind == "jwt" and stage.key != LOCAL and not (issuer or "").startswith(("https://", "${")):
            yield _at(project, authorizer).error(
                f"the JWT authorizer {authorizer.name!r} has no https issuer in stage {stage.key!r}",
                f"set jwtConfiguration.issuer, or auth: {{{authorizer.name}: {{issuer: …}}}} in deploy/stages.yaml",
            )
        if authorizer.kind == "cognito" and stage.key != LOCAL and not issuer and not authorizer.provider_arns:
            yield _at(project, authorizer).error(
                f"the authorizer {authorizer.name!r} has no user pool", "list its providerARNs"
            )


def authorizer_settings(project: Project) -> Iterator[Problem]:
    """An authorizer has no settings of another kind."""
    spec = project.documents.spec
    for authorizer in project.api.authorizers.values():
        if authorizer.validation_expression is not None and authorizer.kind not in ("token", "cognito"):
            yield _at(project, authorizer, "identityValidationExpression").error(
                f"identityValidationExpression has no effect on a {authorizer.kind} authorizer", "remove it"
            )
        if authorizer.simple and project.stage.flavor == "rest":
            yield _at(project, authorizer, "enableSimpleResponses").warning(
                "a REST API takes no simple answers: its authorizer returns a policy", "return a policy on REST stages"
            )
        credentials = _at(project, authorizer, "authorizerCredentials")
        if spec.find(credentials.path) is not None:
            yield credentials.warning(
                "authorizerCredentials is not used: the stack lets API Gateway invoke the function", "remove it"
            )


def quotas(project: Project) -> Iterator[Problem]:
    """An API has a limited number of authorizers, and an authorizer of audiences."""
    spec = project.documents.spec
    for authorizer in project.api.authorizers.values():
        if len(authorizer.audience) > _MOST_AUDIENCES:
            yield _at(project, authorizer).error(
                f"an authorizer takes at most {_MOST_AUDIENCES} audiences", "list fewer"
            )
    if len(project.api.authorizers) > _MOST_AUTHORIZERS:
        yield spec.at("components", "securitySchemes").warning(
            f"{len(project.api.authorizers)} authorizers are more than an API's default quota of {_MOST_AUTHORIZERS}",
            "ask AWS for a higher quota before you deploy",
        )
