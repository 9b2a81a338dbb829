"""The stack that a stage's template would make, as values: routes, functions with rights, tables and the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.cloud.preview.costs import Cost, costs
from homeport.cloud.preview.values import TemplateWords, as_list, external_references
from homeport.project.integrations import backend_text
from homeport.project.model import Operation
from homeport.project.project import Project

_OWN_LOG = frozenset(("logs:CreateLogStream", "logs:PutLogEvents"))
_SHOWN_ELSEWHERE = frozenset(
    (
        *("AWS::ApiGateway::Deployment", "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage"),
        *("AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Integration"),
        *("AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage", "AWS::CloudWatch::Alarm", "AWS::DynamoDB::Table"),
        *("AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Logs::LogGroup"),
    )
)

_AUTHORIZERS = {"jwt": "JWT", "cognito": "Cognito", "request": "Lambda authorizer", "token": "Lambda authorizer"}


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """A route: its method, its path, its backend in words, and who may call it."""

    method: str
    path: str
    target: str
    auth: str


@dataclass(frozen=True, slots=True)
class PlannedRole:
    """A role: its logical id, who assumes it, and its rights: ``dynamodb:GetItem on ItemsTable``."""

    logical_id: str
    assumed_by: tuple[str, ...]
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedFunction:
    """A Lambda function. ``memory`` is MB, ``timeout`` seconds, None where CloudFormation works it out.

    ``role`` is None where its role is not the stack's.
    """

    logical_id: str
    name: str
    runtime: str
    architecture: str
    memory: int | None
    timeout: int | None
    role: PlannedRole | None


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """A DynamoDB table. ``key`` names its attributes, ``kept`` says that it outlives the stack."""

    logical_id: str
    key: tuple[str, ...]
    indexes: tuple[str, ...]
    on_demand: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class PlannedLog:
    """A log group and how many days it keeps a line, None for ever."""

    name: str
    days: int | None


@dataclass(frozen=True, slots=True)
class PlannedAlarm:
    """An alarm, and its description."""

    logical_id: str
    description: str


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """Any resource. ``condition`` is the template's, ``""`` for one that is always made."""

    logical_id: str
    kind: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class StackPreview:
    """The stack that a deployment would make. ``required`` must be there before: secrets, exports, tables."""

    stage: str
    stack: str
    region: str
    flavor: str
    routes: tuple[PlannedRoute, ...]
    functions: tuple[PlannedFunction, ...]
    tables: tuple[PlannedTable, ...]
    roles: tuple[PlannedRole, ...]
    logs: tuple[PlannedLog, ...]
    alarms: tuple[PlannedAlarm, ...]
    others: tuple[PlannedResource, ...]
    resources: tuple[PlannedResource, ...]
    costs: tuple[Cost, ...]
    required: tuple[str, ...]


def preview_stack(project: Project, template: Mapping[str, Any], region: str) -> StackPreview:
    """Return what a deployment of the project's stage to ``region`` would make of ``template``."""
    words = TemplateWords(project.stage.stack_name, region, template.get("Parameters") or {})
    resources: Mapping[str, Mapping[str, Any]] = template["Resources"]
    roles = {name: _role(name, _properties(each), words) for name, each in _of(resources, "AWS::IAM::Role")}
    functions = [
        _function(name, _properties(each), roles, words) for name, each in _of(resources, "AWS::Lambda::Function")
    ]
    listed = tuple(
        PlannedResource(name, each["Type"], str(each.get("Condition", ""))) for name, each in resources.items()
    )
    taken = {function.role.logical_id for function in functions if function.role is not None}
    return StackPreview(
        stage=project.stage.key,
        stack=project.stage.stack_name,
        region=region,
        flavor=project.stage.flavor,
        routes=tuple(_route(operation, project) for operation in project.api.operations),
        functions=tuple(functions),
        tables=tuple(_table(name, each) for name, each in _of(resources, "AWS::DynamoDB::Table")),
        roles=tuple(role for name, role in roles.items() if name not in taken),
        logs=tuple(_log(_properties(each), words) for _, each in _of(resources, "AWS::Logs::LogGroup")),
        alarms=tuple(
            PlannedAlarm(name, words.text(_properties(each).get("AlarmDescription", "")))
            for name, each in _of(resources, "AWS::CloudWatch::Alarm")
        ),
        others=tuple(each for each in listed if each.kind not in _SHOWN_ELSEWHERE and each.logical_id not in roles),
        resources=listed,
        costs=tuple(costs(resources)),
        required=tuple(dict.fromkeys(_prerequisites(project, template, words))),
    )


def _of(resources: Mapping[str, Mapping[str, Any]], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, each) for name, each in resources.items() if each["Type"] == kind)


def _properties(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return resource.get("Properties") or {}


def _route(operation: Operation, project: Project) -> PlannedRoute:
    authorizer = project.api.authorizers.get(operation.authorizer or "")
    auth = [f"{_AUTHORIZERS[authorizer.kind]} {authorizer.name}"] if authorizer is not None else []
    auth += ["AWS_IAM"] if operation.iam else []
    auth += ["API key"] if operation.api_key_required else []
    function = operation.function
    target = project.stage.function_name(function) if function else backend_text(operation.integration)
    return PlannedRoute(operation.method, operation.path, target, " and ".join(auth) or "open to all")


def _role(name: str, properties: Mapping[str, Any], words: TemplateWords) -> PlannedRole:
    trust = as_list((properties.get("AssumeRolePolicyDocument") or {}).get("Statement"))
    callers = [principal for statement in trust for principal in _principals(statement.get("Principal"), words)]
    documents = [policy.get("PolicyDocument") or {} for policy in as_list(properties.get("Policies"))]
    statements = [statement for document in documents for statement in as_list(document.get("Statement"))]
    managed = [f"what {words.text(arn)} allows" for arn in as_list(properties.get("ManagedPolicyArns"))]
    rights = [right for statement in statements for right in _rights(statement, words)]
    return PlannedRole(name, tuple(dict.fromkeys(callers)), (*rights, *managed))


def _principals(principal: Any, words: TemplateWords) -> Iterator[str]:
    values = principal.values() if isinstance(principal, Mapping) else [principal]
    for value in values:
        yield from (words.text(each) for each in as_list(value))


def _rights(statement: Mapping[str, Any], words: TemplateWords) -> Iterator[str]:
    """Yield the right that a statement gives or takes, none for the function's own log."""
    if "Effect" not in statement:
        yield words.text(statement)
        return
    if set(as_list(statement.get("Action"))) <= _OWN_LOG and "Action" in statement:
        return
    actions = ", ".join(words.text(each) for each in as_list(statement.get("Action")))
    if "NotAction" in statement:
        actions = f"all but {', '.join(words.text(each) for each in as_list(statement['NotAction']))}"
    places = ", ".join(words.text(each).replace("/index/", "/") for each in as_list(statement.get("Resource")))
    if "NotResource" in statement:
        places = f"all but {', '.join(words.text(each) for each in as_list(statement['NotResource']))}"
    denied = "" if statement["Effect"] == "Allow" else "denied: "
    limited = " under a condition" if statement.get("Condition") else ""
    yield f"{denied}{actions} on {places}{limited}"


def _function(
    name: str, properties: Mapping[str, Any], roles: Mapping[str, PlannedRole], words: TemplateWords
) -> PlannedFunction:
    # Lambda's defaults: 128 MB, 3 seconds, x86_64.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
    return PlannedFunction(
        logical_id=name,
        name=words.text(properties.get("FunctionName", name)),
        runtime=words.text(properties.get("Runtime", "an image")),
        architecture=words.text(as_list(properties.get("Architectures", "x86_64"))[0]),
        memory=words.number(properties.get("MemorySize", 128)),
        timeout=words.number(properties.get("Timeout", 3)),
        role=roles.get(words.text(properties.get("Role", ""))),
    )


def _table(name: str, resource: Mapping[str, Any]) -> PlannedTable:
    properties = _properties(resource)
    indexes = [
        *as_list(properties.get("GlobalSecondaryIndexes")),
        *as_list(properties.get("LocalSecondaryIndexes")),
    ]
    return PlannedTable(
        logical_id=name,
        key=_key(properties.get("KeySchema")),
        indexes=tuple(f"{index['IndexName']} ({', '.join(_key(index.get('KeySchema')))})" for index in indexes),
        on_demand=properties.get("BillingMode", "PROVISIONED") == "PAY_PER_REQUEST",
        kept=resource.get("DeletionPolicy", "Delete") != "Delete",
    )


def _key(schema: Any) -> tuple[str, ...]:
    return tuple(str(part["AttributeName"]) for part in as_list(schema) if "AttributeName" in part)


def _log(properties: Mapping[str, Any], words: TemplateWords) -> PlannedLog:
    name = words.text(properties.get("LogGroupName", "a log by a name of CloudFormation's"))
    return PlannedLog(name, words.number(properties.get("RetentionInDays", "")))


def _prerequisites(project: Project, template: Mapping[str, Any], words: TemplateWords) -> Sequence[str]:
    parameters: Mapping[str, Any] = template.get("Parameters") or {}
    hidden = [
        f"the value of {each.get('Description', name)}, from its environment variable"
        for name, each in parameters.items()
        if each.get("NoEcho")
    ]
    existing = [f"the table of {name}, which another stack or a person made" for name in project.stage.tables]
    return [*hidden, *external_references(template["Resources"], words), *existing]
