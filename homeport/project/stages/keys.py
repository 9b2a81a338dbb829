"""The keys of deploy/stages.yaml: those of a stage, which are those of the defaults, too."""

from __future__ import annotations

from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import (
    FlagValue,
    ListValue,
    MapValue,
    TextValue,
    WholeValue,
    WordValue,
)
from homeport.project.lambda_settings import (
    ARCHITECTURE,
    CONCURRENCY,
    MEMORY,
    TIMEOUT,
    VARIABLES,
    RuntimeValue,
)
from homeport.project.model import Stage
from homeport.project.openapi.extension_keys import CORS_CONFIGURATION
from homeport.project.stages.cache_keys import CACHE
from homeport.project.stages.caller_keys import CALLER, CALLER_NAMES
from homeport.project.stages.log_keys import ACCESS_LOG, RetentionValue
from homeport.project.stages.plan_keys import API_KEY, USAGE_PLAN
from homeport.project.stages.table_keys import EXISTING_TABLES
from homeport.project.stages.traffic_keys import CANARY, STAGE_THROTTLE, STAGE_VARIABLES

_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"

DEFAULT_REGION = "us-east-1"

DEFAULT_LATENCY = 3000
"""Milliseconds of the p99 that sets off an alarm."""


STAGE = Section(
    "a stage",
    (
        SectionKey(
            "flavor",
            WordValue(("http", "rest")),
            "The kind of API: an HTTP API or a REST API.",
            default="http",
            source=f"{_GATEWAY}/http-api-vs-rest.html",
        ),
        SectionKey(
            "payloadFormat",
            WordValue(("1.0", "2.0"), hint='write "1.0" or "2.0"', numbers=True),
            "The format of an HTTP API's events.",
            absent="`2.0`; of a REST API `1.0`",
            source=f"{_GATEWAY}/http-api-develop-integrations-lambda.html",
        ),
        SectionKey(
            "stageName",
            TextValue(
                r"\$default|[A-Za-z0-9_-]{1,128}",
                hint="use letters, digits, - and _, or $default",
                shape="a name",
            ),
            "API Gateway's name of the stage, the first part of a path unless it is `$default`.",
            absent="`$default`; of a REST API the stage's key",
            source=f"{_GATEWAY}/http-api-stages.html",
        ),
        SectionKey(
            "stackName",
            TextValue(
                r"[a-zA-Z][-a-zA-Z0-9]{0,127}",
                hint="use up to 128 letters, digits and hyphens, a letter first",
                shape="a name",
            ),
            "The stack of CloudFormation. Not in the defaults.",
            absent="the API's title and the stage's key: `items-dev`",
        ),
        SectionKey(
            "region",
            TextValue(r"[a-z]{2}(-[a-z]+)+-[0-9]", hint="write it as eu-central-1", shape="a region"),
            "The region.",
            default=DEFAULT_REGION,
        ),
        SectionKey(
            "runtime",
            RuntimeValue(),
            "The runtime of functions that set none.",
            default=Stage.runtime,
            source=f"{_LAMBDA}/lambda-runtimes.html",
        ),
        SectionKey("architecture", ARCHITECTURE, "The architecture of functions on AWS.", default=Stage.architecture),
        SectionKey(
            "memory",
            MEMORY,
            "The memory of functions that set none, in MB.",
            default=Stage.memory,
            source=f"{_LAMBDA}/configuration-memory.html",
        ),
        SectionKey(
            "timeout",
            TIMEOUT,
            "Seconds after which an invocation is ended, of functions that set none.",
            default=Stage.timeout,
            source=f"{_LAMBDA}/configuration-timeout.html",
        ),
        SectionKey(
            "reservedConcurrency",
            CONCURRENCY,
            "Environments that each function may have at once.",
            absent="no limit of its own",
            source=f"{_LAMBDA}/configuration-concurrency.html",
        ),
        SectionKey(
            "environment",
            VARIABLES,
            "Variables of every function. `${NAME}` takes a value from the shell or from `.env`.",
            source=f"{_LAMBDA}/configuration-envvars.html",
        ),
        SectionKey(
            "variables",
            STAGE_VARIABLES,
            "Stage variables: `stageVariables` of events, `${stageVariables.NAME}` of integrations.",
            source=f"{_GATEWAY}/stage-variables.html",
        ),
        SectionKey(
            "throttle",
            STAGE_THROTTLE,
            "The throttle of the stage.",
            source=f"{_GATEWAY}/api-gateway-request-throttling.html",
        ),
        SectionKey(
            "cors",
            CORS_CONFIGURATION,
            "Parts of the CORS configuration that replace those of `x-amazon-apigateway-cors`.",
            source=f"{_GATEWAY}/http-api-cors.html",
        ),
        SectionKey(
            "auth",
            MapValue(
                Section(
                    "auth",
                    (
                        SectionKey(
                            "issuer",
                            TextValue(shape="a URL"),
                            "The issuer of the tokens.",
                            absent="the kit's own issuer, which `homeport token` uses",
                        ),
                        SectionKey(
                            "audience", ListValue(TextValue(), or_one=True), "The audiences that the tokens may have."
                        ),
                    ),
                    "a map with issuer and audience",
                ),
                "a security scheme",
            ),
            "Whose tokens a security scheme takes in this stage, instead of what the document says.",
        ),
        SectionKey(
            "iam",
            Section(
                "'iam'",
                (SectionKey("callers", MapValue(CALLER, "a caller", CALLER_NAMES), "Callers by name."),),
                of_aws=True,
            ),
            "Who may sign requests to routes with `AWS_IAM` here.",
            source=f"{_GATEWAY}/permissions.html",
        ),
        SectionKey(
            "usagePlans",
            MapValue(USAGE_PLAN, "a plan"),
            "Usage plans.",
            flavor="rest",
            source=f"{_GATEWAY}/api-gateway-api-usage-plans.html",
        ),
        SectionKey(
            "apiKeys",
            MapValue(API_KEY, "a key"),
            "API keys.",
            flavor="rest",
            source=f"{_GATEWAY}/api-gateway-api-usage-plans.html",
        ),
        SectionKey("cache", CACHE, "The response cache.", flavor="rest", source=f"{_GATEWAY}/api-gateway-caching.html"),
        SectionKey(
            "canary",
            CANARY,
            "The canary: a part of the requests gets other stage variables.",
            flavor="rest",
            source=f"{_GATEWAY}/canary-release.html",
        ),
        SectionKey(
            "accessLog",
            ACCESS_LOG,
            "The access log: `.homeport/access.log` here, a log group on AWS.",
            source=f"{_GATEWAY}/http-api-logging.html",
        ),
        SectionKey(
            "logFormat",
            WordValue(("Text", "JSON")),
            "The format of functions' logs.",
            default=Stage.log_format,
            source=f"{_LAMBDA}/monitoring-cloudwatchlogs-logformat.html",
        ),
        SectionKey(
            "logRetentionDays",
            RetentionValue(),
            "Days for which CloudWatch keeps functions' logs.",
            default=Stage.log_retention_days,
        ),
        SectionKey(
            "tracing",
            FlagValue(),
            "Whether X-Ray traces invocations on AWS.",
            default=Stage.tracing,
            source=f"{_LAMBDA}/services-xray.html",
        ),
        SectionKey(
            "snapStart",
            FlagValue(),
            "Whether functions have SnapStart on AWS.",
            default=Stage.snap_start,
            source=f"{_LAMBDA}/snapstart.html",
        ),
        SectionKey(
            "deletionProtection",
            FlagValue(),
            "Whether tables are kept when the stack goes.",
            default=Stage.deletion_protection,
        ),
        SectionKey(
            "tables",
            EXISTING_TABLES,
            "Tables of `deploy/resources.yaml` that are on AWS already: the stack uses them and does not make them.",
            source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html",
        ),
        SectionKey(
            "alarms",
            Section(
                "'alarms'",
                (
                    SectionKey(
                        "topic",
                        TextValue(shape="an ARN, or the logical id of a topic"),
                        "The SNS topic that gets them.",
                    ),
                    SectionKey(
                        "latency",
                        WholeValue(1, 60_000, "milliseconds"),
                        "The p99 that sets off an alarm.",
                        default=DEFAULT_LATENCY,
                    ),
                ),
            ),
            "Alarms of CloudWatch: 5xx responses, latency, errors and throttles of functions, throttles of tables.",
        ),
        SectionKey(
            "domain",
            Section(
                "'domain'",
                (
                    SectionKey("name", TextValue(shape="a domain name"), "The domain.", needed="add it"),
                    SectionKey(
                        "certificateArn",
                        TextValue(shape="an ARN"),
                        "The certificate of ACM. Every stage but `local` needs one.",
                    ),
                    SectionKey("basePath", TextValue(), "The path before the routes.", absent="none"),
                    SectionKey(
                        "hostedZoneId",
                        TextValue(),
                        "The hosted zone of Route 53 for a record.",
                        absent="no record is made",
                    ),
                ),
                of_aws=True,
            ),
            "The custom domain.",
            source=f"{_GATEWAY}/how-to-custom-domains.html",
        ),
    ),
    of_aws=True,
)
"""A stage of deploy/stages.yaml, and its defaults."""

FILE = Section(
    "deploy/stages.yaml",
    (
        SectionKey("defaults", STAGE, "What holds for every stage that does not say otherwise."),
        SectionKey(
            "stages",
            MapValue(STAGE, "a stage"),
            "The stages. A stage starts from the defaults, and null removes one of them. `local` needs no entry.",
        ),
    ),
)
"""The whole file."""
