"""The keys that the Serverless Framework knows: others are named, since nothing reads them.

https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""

from __future__ import annotations

from collections.abc import Collection

from homeport.project.names import nearest
from homeport.project.serverless.service import ServerlessService
from homeport.project.source.cursor import Cursor

_TOP = (
    *("service", "frameworkVersion", "provider", "functions", "resources", "plugins", "custom", "package", "layers"),
    *("params", "stages", "useDotenv", "configValidationMode", "app", "org", "tenant", "outputs", "build", "console"),
    *("deprecationNotificationMode", "disabledDeprecations", "unresolvedVariablesNotificationMode", "licenseKey"),
    *(
        "variablesResolutionMode",
        "dashboard",
        "state",
        "projectDir",
        "configValidationMode",
        "constructs",
        "stepFunctions",
    ),
    *(
        "appSync",
        "mcp",
        "sandboxes",
        "enterprise",
        "description",
        "domains",
        "domain",
        "ai",
        "agents",
        "x-common",
        "defaults",
    ),
)
_PROVIDER = (
    *("name", "runtime", "stage", "region", "profile", "stackName", "apiName", "websocketsApiName", "deploymentMethod"),
    *(
        "websocketsApiRouteSelectionExpression",
        "websocket",
        "memorySize",
        "timeout",
        "environment",
        "tags",
        "stackTags",
    ),
    *("architecture", "versionFunctions", "endpointType", "vpcEndpointIds", "deploymentBucket", "deploymentPrefix"),
    *("apiGateway", "httpApi", "alb", "iam", "iamRoleStatements", "iamManagedPolicies", "role", "cfnRole", "vpc"),
    *("notificationArns", "stackParameters", "stackPolicy", "rollbackConfiguration", "disableRollback", "tracing"),
    *(
        "logs",
        "logRetentionInDays",
        "layers",
        "kmsKeyArn",
        "lambdaHashingVersion",
        "ecr",
        "s3",
        "eventBridge",
        "kinesis",
    ),
    *("usagePlan", "apiKeys", "resourcePolicy", "runtimeManagement", "cloudFront", "disableDefaultOutputExportNames"),
    *("currentVersion", "rolePermissionsBoundary", "iamRoleLambdaExecution", "sqs", "buildOptions", "resolver"),
    *(
        "logDataProtectionPolicy",
        "snapStart",
        "variableSyntax",
        "domain",
        "domains",
        "capacityProviders",
        "enableLegacyDeploymentBucket",
        "account",
        "accountId",
        "provisionedConcurrency",
    ),
)
_FUNCTION = (
    *("handler", "image", "name", "description", "runtime", "memorySize", "timeout", "environment", "events", "role"),
    *("tags", "layers", "vpc", "package", "onError", "kmsKeyArn", "reservedConcurrency", "provisionedConcurrency"),
    *("architecture", "condition", "dependsOn", "destinations", "disableLogs", "ephemeralStorageSize", "tracing"),
    *("fileSystemConfig", "httpApi", "logRetentionInDays", "logDataProtectionPolicy", "maximumEventAge", "url", "iam"),
    *(
        "maximumRetryAttempts",
        "runtimeManagement",
        "snapStart",
        "versionFunction",
        "logs",
        "module",
        "build",
        "tenancy",
    ),
    *("iamRoleStatements", "iamRoleStatementsName", "iamRoleStatementsInherit", "iamPermissionsBoundary", "warmup"),
    *("durableConfig", "capacityProvider", "awsKmsKeyArn", "dependencies", "prune", "reqValidatorName", "alarms"),
    *("provisioned", "recursiveLoop", "targetAlias", "dashboard", "esbuild", "vendor", "zip", "concurrencyAutoscaling"),
)


def report_unknown_keys(service: ServerlessService) -> None:
    """Warn of keys that the framework does not know, unless the owner switches that off."""
    if service.top.at("configValidationMode").value == "off":
        return
    _report(service.top, _TOP, "the configuration")
    _report(service.provider, _PROVIDER, "provider")
    for function in service.functions:
        _report(function.settings, _FUNCTION, f"the function {function.key}")


def _report(at: Cursor, known: Collection[str], subject: str) -> None:
    for key, cursor in at.items():
        if key not in known and not key.startswith("x-"):
            cursor.warning(f"the key {key!r} of {subject} is not read", _hint(key, known))


def _hint(key: str, known: Collection[str]) -> str:
    near = nearest(key, known)
    return f"did you mean {near}?" if near is not None else "fine if a plugin reads it"
