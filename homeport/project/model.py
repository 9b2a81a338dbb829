"""The project as frozen values: the API of openapi.yaml, the tables of deploy/resources.yaml, a stage of stages.yaml.

Everything outside ``homeport.project`` works with these classes; no other room handles raw YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from homeport.project.caching import StageCache
from homeport.project.cors import Cors
from homeport.project.integrations import Integration, LambdaProxy
from homeport.project.languages import DEFAULT_RUNTIMES, language_of
from homeport.project.rest_integrations import LambdaCustom

Schema = Mapping[str, Any]
Flavor = Literal["http", "rest"]

ANY_METHOD = "x-amazon-apigateway-any-method"
LOCAL_ACCOUNT = "000000000000"
"""The account in local ARNs, the same as LocalStack's for dummy credentials."""

_LONGEST_FUNCTION_NAME = 64


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the project's files: the file relative to the project, and the line, counted from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    ``schema`` is OpenAPI's; a parameter with ``content`` has that of its only media type. A reference at its top is
    resolved; those inside stay (``{"$ref": "#/components/schemas/Item"}`` into ``Api.document``), so that schemas may
    refer to themselves. ``style`` and ``explode`` are as written, ``""`` and None where OpenAPI's default for the place
    holds; ``media_type`` is that of a parameter with ``content``.
    """

    name: str
    place: Literal["path", "query", "header", "cookie"]
    required: bool
    schema: Schema
    style: str = ""
    explode: bool | None = None
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The request body of an operation.

    ``content`` maps a media type to its OpenAPI schema, with references as in ``Parameter.schema``.
    """

    required: bool
    content: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Security:
    """An alternative of an operation's ``security``: the name of a security scheme and its scopes."""

    scheme: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestValidator:
    """The parts of a request that a REST API checks (``x-amazon-apigateway-request-validators``)."""

    body: bool
    parameters: bool


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket: ``rate`` requests per second refill it, ``burst`` is its size."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: one method of one path, and the integration behind it.

    ``method`` is upper case, ``ANY`` for x-amazon-apigateway-any-method. ``path`` is the template as written
    (``/items/{itemId}``, ``/{proxy+}``, ``/$default``). ``security`` holds the alternatives as written, API keys left
    out: those are ``api_key_required``. ``responses`` maps a status (``"200"``, ``"4XX"``, ``"default"``) to the
    OpenAPI response object, the reference at its top resolved. ``handler`` is this operation's own
    (``service.handlers.create_item.handler``), also where its function is a dispatcher. ``id`` is the operationId, or
    made from method and path where ``named`` is false. ``iam`` says that a call must be signed (AWS_IAM). ``denied``
    says why every call is refused with 403: what protects the route is not emulated.
    """

    id: str
    method: str
    path: str
    integration: Integration
    source: Source
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    security: tuple[Security, ...] = ()
    api_key_required: bool = False
    validator: RequestValidator | None = None
    throttle: Throttle | None = None
    summary: str = ""
    handler: str = ""
    named: bool = True
    denied: str = ""
    iam: bool = False

    @property
    def function(self) -> str | None:
        """The Lambda function that the integration invokes, a key of ``Api.functions``; None: it invokes none."""
        return self.integration.function if isinstance(self.integration, LambdaProxy | LambdaCustom) else None

    @property
    def route_key(self) -> str:
        """The route's name in an HTTP API: ``GET /items/{itemId}``, ``$default``."""
        return "$default" if self.path == "/$default" else self.label

    @property
    def label(self) -> str:
        """The name of the operation in reports, which is schemathesis' too: ``GET /items/{itemId}``."""
        return f"{self.method} {self.path}"

    @property
    def document_path(self) -> tuple[str, str, str]:
        """The keys that lead to the operation in openapi.yaml."""
        return "paths", self.path, ANY_METHOD if self.method == "ANY" else self.method.lower()

    @property
    def authorizer(self) -> str | None:
        """The key in ``Api.authorizers`` of the route's only authorizer; None for an open route."""
        return self.security[0].scheme if self.security else None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of which a token must have at least one; empty if any valid token will do.

        A route has one authorizer and one list of scopes, so OpenAPI's alternatives become that list. An alternative
        without scopes lets each valid token in, and so the list is empty.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
        """
        alternatives = [security.scopes for security in self.security if security.scheme == self.authorizer]
        if not all(alternatives):
            return ()
        return tuple(dict.fromkeys(scope for scopes in alternatives for scope in scopes))


@dataclass(frozen=True, slots=True)
class EsbuildOptions:
    """The options with which esbuild builds the folder of a function's code.

    ``entry_points`` are files relative to that folder, and ``options`` the command line's others. ``folder`` is where
    what is made goes. ``shown`` is the code's folder in messages, relative to the project.
    """

    entry_points: tuple[str, ...]
    options: tuple[str, ...]
    folder: Path
    shown: str


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """The code of a function that has its own, as a template's ``CodeUri`` or ``x-homeport: {code: …}`` gives it.

    ``root`` is the absolute folder that stands at /var/task, from which modules are imported. ``requirements`` is the
    pip file that lists its packages, None if it needs none or if they are in ``root`` already. ``layers`` are the
    folders that are laid over each other at /opt, the first one lowest. ``packages`` are pip requirements in place of
    public layers (``aws-lambda-powertools[all]==3.2.0``); ``-r FILE`` stands for the packages that a pip file lists.
    ``written_layers`` are those of ``x-homeport`` in their order, each a folder relative to the project or an ARN.
    ``manifests`` are the package.json of Node.js whose packages are in no node_modules, and ``package_files`` those
    files of ``root`` which change with its packages.
    ``build`` are the options with which esbuild builds ``root`` before it is run, None where it is run as it is.
    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
    """

    root: Path
    requirements: Path | None = None
    layers: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()
    written_layers: tuple[str, ...] = ()
    manifests: tuple[Path, ...] = ()
    package_files: tuple[Path, ...] = ()
    build: EsbuildOptions | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold its files; that of a layer may be a link."""
        links = (layer / name for layer in self.layers for name in ("python", "nodejs"))
        return (self.root, *self.layers, *(link.resolve() for link in links if link.is_symlink()))

    @property
    def requirement_files(self) -> tuple[Path, ...]:
        """The pip files that list its packages and those of its layers, and the files of npm that do."""
        of_layers = (Path(line.removeprefix("-r ")) for line in self.packages if line.startswith("-r "))
        own = (self.requirements,) if self.requirements is not None else ()
        return (*own, *of_layers, *dict.fromkeys((*self.manifests, *self.package_files)))


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function.

    ``handler`` is Lambda's Handler setting, ``service.handlers.create_item.handler``. ``access`` maps a table
    (``ItemsTable``) or index (``ItemsTable/byStatus``) to the DynamoDB actions allowed on it. ``memory`` is MB,
    ``timeout`` seconds; None means the stage's. ``operations`` are the operation ids that it serves; it is empty
    for a Lambda authorizer. ``generated`` says that ``handler`` is a dispatcher that the kit writes for a group.
    ``code`` is None for a function of the package ``service``. ``runtime`` (``python3.13``) and ``architecture``
    (``arm64``) are ``""`` where the stage's hold, ``physical_name`` where the kit names the function.
    ``environment`` has the function's own variables, their values worked out; ``written_environment`` has those of
    ``x-homeport`` as they are written (``{"Ref": "ItemsTable"}``), for CloudFormation. ``alias`` is the alias by which
    the API invokes a published version, ``""``: it invokes ``$LATEST``. ``log_format`` (``JSON``) and ``log_level``
    (``DEBUG``) are ``""`` where the stage's hold. ``fault`` says why no call can succeed, ``""`` where calls can.
    ``policies`` are the statements of its role beside ``access``, ``boundary`` those that limit them, and ``role_name``
    is AWS's name of the role. ``role_source`` is where a template has the role, None outside of templates; a role that
    SAM makes is where its function is.
    """

    name: str
    handler: str
    source: Source
    operations: tuple[str, ...] = ()
    memory: int | None = None
    timeout: int | None = None
    reserved_concurrency: int | None = None
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[Mapping[str, Any], ...] = ()
    generated: bool = False
    code: FunctionCode | None = None
    runtime: str = ""
    architecture: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    physical_name: str = ""
    written_environment: Mapping[str, Any] = field(default_factory=dict)
    alias: str = ""
    log_format: str = ""
    log_level: str = ""
    fault: str = ""
    boundary: tuple[Mapping[str, Any], ...] | None = None
    role_name: str = ""
    role_source: Source | None = None


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """The settings of a function in a stage: ``memory`` is MB, ``timeout`` seconds.

    ``reserved_concurrency`` is None for a function that takes its environments from the account's shared ones.
    """

    memory: int
    timeout: int
    reserved_concurrency: int | None


def effective_settings(function: Function, stage: Stage) -> FunctionSettings:
    """Return a function's own settings, or the stage's where the function has none."""
    concurrency = function.reserved_concurrency
    return FunctionSettings(
        memory=function.memory or stage.memory,
        timeout=function.timeout or stage.timeout,
        reserved_concurrency=stage.reserved_concurrency if concurrency is None else concurrency,
    )


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A security scheme with ``x-amazon-apigateway-authorizer``.

    ``kind``: ``jwt`` (HTTP APIs), ``cognito`` (REST), ``request`` and ``token`` (Lambda authorizers).
    ``identity_sources`` as AWS writes them (``$request.header.Authorization``,
    ``method.request.header.Authorization``). ``ttl`` is the result cache's, in seconds. ``payload_format`` is that
    of a REQUEST authorizer's event; ``simple`` allows ``{"isAuthorized": …}`` answers (HTTP APIs). ``issuer``,
    ``audience`` and ``provider_arns`` are as ``Fn::Sub`` writes them where only the stack knows (``${UserPool.Arn}``).
    ``pool_issuers`` are those of the project's own user pools among them, as they are on this machine, and
    ``pool_audience`` is the audience with the ids of their clients.
    """

    name: str
    kind: Literal["jwt", "cognito", "request", "token"]
    source: Source
    identity_sources: tuple[str, ...] = ()
    function: str | None = None
    ttl: int = 300
    payload_format: Literal["1.0", "2.0"] = "2.0"
    simple: bool = False
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    validation_expression: str | None = None
    provider_arns: tuple[str, ...] = ()
    pool_issuers: tuple[str, ...] = ()
    pool_audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """A reply of a REST API itself, customised by ``x-amazon-apigateway-gateway-responses``.

    ``headers`` are the plain header names with AWS's mapping expressions (``'*'``, ``context.requestId``);
    ``templates`` maps a media type to its template.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """openapi.yaml, whole. ``document`` is the plain document; its ``#/components/…`` references are left in place.

    ``name`` is the logical id of an API of a template, ``""`` for openapi.yaml. All APIs of a template have all of its
    functions; ``Function.operations`` are those of this API. ``resource_policy`` is the policy document of a REST API.
    ``minimum_compression_size`` is bytes, None for a REST API that compresses nothing.
    """

    title: str
    version: str
    operations: tuple[Operation, ...]
    functions: Mapping[str, Function]
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    cors: Cors | None = None
    binary_media_types: tuple[str, ...] = ()
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    api_key_source: Literal["HEADER", "AUTHORIZER"] = "HEADER"
    document: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    resource_policy: Mapping[str, Any] | None = None
    minimum_compression_size: int | None = None

    @cached_property
    def operations_by_id(self) -> Mapping[str, Operation]:
        """The operations by operationId."""
        return {operation.id: operation for operation in self.operations}

    @cached_property
    def used_authorizers(self) -> Mapping[str, Authorizer]:
        """The authorizers that a route asks for, by name, in the document's order."""
        used = {operation.authorizer for operation in self.operations}
        return {name: authorizer for name, authorizer in self.authorizers.items() if name in used}


@dataclass(frozen=True, slots=True)
class TableSeed:
    """A file with a list of items, relative to the project, for an empty table of a name.

    The items are plain JSON, or those of DynamoDB's API (``{"S": "text"}``).
    """

    table: str
    file: str
    in_dynamodb_json: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """An ``AWS::DynamoDB::Table``; ``properties`` are CloudFormation's, references and conditions resolved.

    ``name`` is the table's on DynamoDB: its ``TableName``, or one that begins with the stack's.
    """

    logical_id: str
    name: str
    properties: Mapping[str, Any]
    source: Source

    @property
    def variable(self) -> str:
        """The environment variable of functions that holds the table's name: ``ITEMS_TABLE`` for ``ItemsTable``."""
        letters = [f"_{c}" if c.isupper() and i else c for i, c in enumerate(self.logical_id)]
        return "".join(letters).upper()

    @property
    def indexes(self) -> tuple[str, ...]:
        """The names of the global and local secondary indexes."""
        kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        return tuple(index["IndexName"] for kind in kinds for index in self.properties.get(kind, ()))


@dataclass(frozen=True, slots=True)
class ServiceResource:
    """A resource that is no table, its CloudFormation functions worked out.

    ``type`` is CloudFormation's (``AWS::SQS::Queue``). ``physical_id`` is the value of ``Ref``: the name of a bucket,
    the URL of a queue. ``attributes`` are the values of ``Fn::GetAtt`` (``Arn``).
    """

    logical_id: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, str]
    source: Source


@dataclass(frozen=True)
class Resources:
    """The resources of deploy/resources.yaml; ``document`` is the whole fragment for CloudFormation.

    ``parameters`` are the values of those of its Parameters that the kit sets: ``Stage`` (the stage's key) and
    ``DeletionProtection`` (``true`` or ``false``). All others have their defaults.
    ``names`` has the values of all parameters, and of pseudo parameters such as ``AWS::Region``. ``others`` are the
    resources that are no tables, by their logical ids.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, ServiceResource] = field(default_factory=dict)

    def of_type(self, *kinds: str) -> tuple[str, ...]:
        """Return the logical ids of the resources of some types (``AWS::SNS::Topic``)."""
        declared = self.document.get("Resources")
        resources = declared.items() if isinstance(declared, Mapping) else ()
        return tuple(name for name, it in resources if isinstance(it, Mapping) and it.get("Type") in kinds)


@dataclass(frozen=True, slots=True)
class Quota:
    """The quota of a usage plan: ``limit`` requests per ``period`` and key."""

    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """A usage plan of a REST API."""

    name: str
    throttle: Throttle | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of a REST API, its secret resolved.

    ``generated`` says that its template gives it no value: AWS makes one up, and so does the kit, the same at every
    start. A person must be told of it to use it.
    """

    name: str
    value: str
    enabled: bool = True
    usage_plan: str | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Canary:
    """The canary of a REST API's stage: ``percent`` of its requests, for which ``variables`` replace the stage's own.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
    """

    percent: float
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageAuth:
    """The issuer and audience of a security scheme's tokens in a stage; None: the kit's own issuer (``local``)."""

    issuer: str | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IamCaller:
    """A caller of routes with AWS_IAM: the user ``name`` with its access key, or the session ``name`` of a ``role``.

    ``session_token`` is that of temporary credentials, ``""`` for a long-lived access key.

    ``allow`` and ``deny`` are the ARNs of methods that its identity-based policy names, ``invalidate`` those whose
    cached responses it may have renewed. ``account`` is ``""`` for the account of the API.
    """

    name: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    account: str = ""
    invalidate: tuple[str, ...] = ()
    session_token: str = field(default="", repr=False)
    role: str = ""


@dataclass(frozen=True)
class Stage:
    """A stage of deploy/stages.yaml, merged with the defaults.

    ``key`` is the name in stages.yaml, ``stage_name`` API Gateway's (``$default``, ``prod``).

    ``memory`` is MB, ``timeout`` seconds. ``cors`` overrides parts of the spec's, by AWS's key names; ``Api.cors`` has
    them already. ``iam`` has those who may sign requests here, by name. ``secrets`` names the settings whose value came
    from an environment variable (``environment.PARTNER_KEY``, ``apiKeys.partner.value``): never to be printed, bundled
    or rendered.
    """

    key: str
    stage_name: str
    flavor: Flavor
    payload_format: Literal["1.0", "2.0"]
    region: str
    stack_name: str
    runtime: str = "python3.13"
    architecture: str = "arm64"
    memory: int = 256
    timeout: int = 10
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    throttle: Throttle | None = None
    cors: Mapping[str, Any] = field(default_factory=dict)
    access_log: Mapping[str, Any] = field(default_factory=dict)
    log_retention_days: int = 14
    log_format: Literal["Text", "JSON"] = "Text"
    tracing: bool = False
    snap_start: bool = False
    auth: Mapping[str, StageAuth] = field(default_factory=dict)
    iam: Mapping[str, IamCaller] = field(default_factory=dict)
    usage_plans: Mapping[str, UsagePlan] = field(default_factory=dict)
    api_keys: Mapping[str, ApiKey] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    deletion_protection: bool = False
    alarms: Mapping[str, Any] | None = None
    domain: Mapping[str, Any] | None = None
    canary: Canary | None = None
    cache: StageCache | None = None
    secrets: frozenset[str] = frozenset()

    @property
    def python_runtime(self) -> str:
        """The runtime of functions in Python that name none."""
        return self.runtime if language_of(self.runtime) == "python" else DEFAULT_RUNTIMES["python"]

    @property
    def base_path(self) -> str:
        """The part of a URL before the route: ``""`` for ``$default``, else ``/prod``."""
        return "" if self.stage_name == "$default" else f"/{self.stage_name}"

    @property
    def domain_base_path(self) -> str:
        """The part of a URL before the route at the stage's custom domain: ``""`` without one, else ``/shop/v1``."""
        path = str((self.domain or {}).get("basePath", "")).strip("/")
        return f"/{path}" if path else ""

    def function_name(self, function: str) -> str:
        """Return the name of a function in this stage; a name that is too long for Lambda ends in a hash.

        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
        """
        return physical_name(self.stack_name, function, _LONGEST_FUNCTION_NAME)


def physical_name(stack_name: str, resource: str, longest: int) -> str:
    """Return the name of a resource that its template does not name; one that would be too long ends in a hash."""
    name = f"{stack_name}-{resource}"
    if len(name) <= longest:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - len(digest) - 1]}-{digest}"
