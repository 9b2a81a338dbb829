"""The plugins of a service: those whose work is done here, those that change nothing here, and the others, by name.

https://www.serverless.com/plugins
"""

from __future__ import annotations

from homeport.project.serverless.functions.bundlers import BUNDLER_PLUGINS, TYPESCRIPT_PLUGINS
from homeport.project.serverless.functions.python_packages import PYTHON_PLUGINS
from homeport.project.serverless.functions.roles import ROLES_PLUGIN
from homeport.project.serverless.service import ServerlessService
from homeport.project.source.cursor import Cursor

READ_PLUGINS = frozenset(
    (
        *BUNDLER_PLUGINS,
        *TYPESCRIPT_PLUGINS,
        *PYTHON_PLUGINS,
        ROLES_PLUGIN,
        "serverless-dotenv-plugin",
        "serverless-export-env",
        "serverless-plugin-git-variables",
        "serverless-git-variables",
        "serverless-pseudo-parameters",
        "serverless-step-functions",
        "serverless-wsgi",
    )
)
"""Plugins whose work is done here."""

CUSTOM_KEYS = (
    *(
        "pythonRequirements",
        "wsgi",
        "dotenv",
        "esbuild",
        "webpack",
        "bundle",
        ROLES_PLUGIN,
        "dynamodb",
        "serverless-dynamodb",
    ),
    *("serverless-offline", "serverlessOffline", "apiGatewayServiceProxies", "customDomain", "customDomains"),
)
"""The keys below ``custom`` that are read."""

_OF_NO_EFFECT = frozenset(
    (
        *("serverless-offline", "serverless-offline-scheduler", "serverless-offline-sns", "serverless-offline-sqs"),
        *("serverless-offline-ssm", "serverless-offline-python", "serverless-offline-dynamodb-streams"),
        *("serverless-offline-local-authorizers-plugin", "serverless-offline-direct-lambda", "serverless-offline-s3"),
        *("serverless-dynamodb-local", "serverless-dynamodb", "serverless-dynamodb-pitr", "serverless-s3-local"),
        *("serverless-localstack", "serverless-prune-plugin", "serverless-prune", "serverless-plugin-warmup"),
        *("serverless-plugin-split-stacks", "serverless-plugin-tracing", "serverless-plugin-log-retention"),
        *("serverless-deployment-bucket", "serverless-latest-layer-version", "serverless-plugin-common-excludes"),
        *(
            "serverless-plugin-include-dependencies",
            "serverless-plugin-resource-tagging",
            "serverless-plugin-aws-alerts",
        ),
        *("serverless-plugin-canary-deployments", "serverless-plugin-lambda-dead-letter", "serverless-stack-output"),
        *(
            "serverless-plugin-additional-stacks",
            "serverless-stack-termination-protection",
            "serverless-plugin-bind-deployment-id",
        ),
        *(
            "serverless-dependson-plugin",
            "serverless-plugin-stage-variables",
            "serverless-jest-plugin",
            "serverless-mocha-plugin",
        ),
        *(
            "serverless-plugin-scripts",
            "serverless-scriptable-plugin",
            "serverless-hooks-plugin",
            "serverless-plugin-test-helper",
        ),
        *(
            "serverless-plugin-datadog",
            "serverless-plugin-thundra",
            "serverless-plugin-epsagon",
            "serverless-plugin-lumigo",
        ),
        *("serverless-lumigo", "serverless-sentry", "serverless-newrelic-lambda-layers", "serverless-plugin-newrelic"),
        *(
            "serverless-dashboard-plugin",
            "serverless-deployment-bucket",
            "serverless-vpc-plugin",
            "serverless-vpc-discovery",
        ),
        *("serverless-better-credentials", "serverless-aws-sso", "serverless-plugin-subscription-filter"),
        *(
            "serverless-plugin-ifelse",
            "serverless-api-compression",
            "serverless-apigw-binary",
            "serverless-associate-waf",
        ),
        *("serverless-openapi-documentation", "serverless-aws-documentation", "serverless-openapi-documenter"),
        *("serverless-auto-swagger", "serverless-create-global-dynamodb-table", "serverless-dynamodb-autoscaling"),
        *(
            "serverless-webpack-layers",
            "serverless-plugin-layer-manager",
            "serverless-layers",
            "serverless-analyze-bundle-plugin",
        ),
        *(
            "serverless-package-common",
            "serverless-content-encoding",
            "serverless-ssm-fetch",
            "serverless-plugin-monorepo",
        ),
        *(
            "serverless-cloudside-plugin",
            "serverless-plugin-aws-resolvers",
            "serverless-add-api-key",
            "serverless-plugin-lambda-insights",
        ),
        *(
            "serverless-lambda-version",
            "serverless-plugin-lambda-account-access",
            "serverless-plugin-provisioned-concurrency",
        ),
        *("serverless-plugin-select", "serverless-slic-watch-plugin", "serverless-iam-roles-per-function"),
    )
)
"""Plugins that change nothing of what a function or a route answers here."""

_NAMED = {
    "serverless-apigateway-service-proxy": "the routes of apiGatewayServiceProxies are not served",
    "serverless-appsync-plugin": "GraphQL APIs of AppSync are not emulated",
    "serverless-appsync-simulator": "GraphQL APIs of AppSync are not emulated",
    "serverless-apigw-binary": "binary media types are to stand in provider.apiGateway.binaryMediaTypes",
    "serverless-add-api-key": "API keys are to stand in provider.apiGateway.apiKeys",
    "serverless-domain-manager": "the API is served at the address that is printed, not at its domain",
    "serverless-associate-waf": "AWS WAF is not emulated, so what it blocks is answered here",
    "serverless-plugin-ifelse": "what it leaves out of the configuration is served here",
    "serverless-s3-sync": "nothing is copied into buckets",
    "serverless-finch": "no web site is uploaded",
    "serverless-single-page-app-plugin": "no web site is uploaded",
    "serverless-lift": "its constructs are not made",
    "serverless-plugin-composed-vpc": "no network is emulated",
    "serverless-plugin-aws-exponential-backoff": "requests are not repeated by it",
    "serverless-aws-alias": "functions are invoked without an alias",
    "serverless-middleware": "handlers are not wrapped by it",
    "serverless-api-gateway-caching": "responses are not cached: every call is made",
    "serverless-api-gateway-throttling": "the limits that it sets are not in force",
    "serverless-api-gateway-execution-log-manager": "",
    "serverless-aws-static-file-handler": "",
    "serverless-reqvalidator-plugin": "the validators that it makes are not here: use request.schemas",
}
"""Plugins whose work is missing here, each with what that means."""

_OFFLINE = ("serverless-offline", "serverlessOffline")
_PORTS = ("httpPort", "port", "lambdaPort", "host", "noPrependStageInUrl", "prefix", "websocketPort", "httpsProtocol")


def makes_resources(service: ServerlessService) -> bool:
    """Return whether a plugin that is not run here may make resources."""
    return any(name not in READ_PLUGINS and name not in _OF_NO_EFFECT for name in service.plugins)


def report_plugins(service: ServerlessService) -> None:
    """Name the plugins whose work is missing here, and those that are not known."""
    unknown = []
    for name, at in service.plugins.items():
        if name in _NAMED:
            if _NAMED[name]:
                at.warning(f"{name} is not run here: {_NAMED[name]}")
        elif name not in READ_PLUGINS and name not in _OF_NO_EFFECT:
            unknown.append((name, at))
    if unknown:
        names = ", ".join(name for name, _ in unknown)
        at = unknown[0][1]
        at.warning(
            f"what these plugins change is not known, and missing here: {names}", "fine if nothing here needs it"
        )
    for key in _OFFLINE:
        _report_offline(service.custom.at(key))


def _report_offline(settings: Cursor) -> None:
    used = [key for key in _PORTS if settings.at(key).value is not None]
    if used:
        settings.at(used[0]).warning(
            f"settings of serverless-offline are not read: {', '.join(used)}",
            "the port is --port; the stage is in the URL",
        )
