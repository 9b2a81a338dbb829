"""deploy/stages.yaml: defaults, one stage over them, secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.model import ApiKey, IamCaller, Quota, Stage, StageAuth, Throttle, UsagePlan
from tests.support.invalid_settings import INVALID_SETTINGS
from tests.support.spec import SPEC, errors, load, write_project

WITH_AUTH = (
    SPEC
    + """\
  securitySchemes:
    pool:
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer: {type: jwt}
"""
)


def stage(root: Path, text: str, key: str = "local", **environ: str) -> Stage:
    """A stage of this file."""
    return load(write_project(root, spec=WITH_AUTH, stages=text), key, environ).stage


def report(root: Path, text: str, key: str = "local", **environ: str) -> list[str]:
    """Return the problems that reading this file reports."""
    return errors(write_project(root, stages=text), key, environ)


EVERYTHING = """\
    defaults:
      memory: 512
      environment: {LOG_LEVEL: info, LIMIT: 5, DEBUG: true}
      cors: {allowOrigins: [https://a.example], maxAge: 5}
      throttle: {rate: 100}
    stages:
      prod:
        flavor: rest
        stageName: v1
        runtime: python3.12
        architecture: x86_64
        timeout: 20
        region: eu-central-1
        stackName: shop-live
        environment: {LOG_LEVEL: error, PARTNER_KEY: "${KEY}"}
        variables: {greeting: hello}
        cors: {maxAge: 7}
        throttle: {burst: 7}
        accessLog: {format: $context.requestId, retention: 30}
        logFormat: JSON
        logRetentionDays: 90
        tracing: true
        snapStart: true
        auth: {pool: {issuer: https://issuer.example, audience: me}}
        usagePlans: {basic: {rate: 10, burst: 5, quota: {limit: 1000, period: DAY}}, open: {}}
        apiKeys:
          partner: {value: "${KEY}", enabled: false, usagePlan: basic}
          other: {value: "{{resolve:ssm:/key}}"}
        reservedConcurrency: 3
        deletionProtection: true
        alarms: {topic: arn:aws:sns:eu-central-1:1:t}
        domain: {name: api.example, certificateArn: arn:aws:acm:1, basePath: shop}
"""


def test_a_stage_is_merged_with_the_defaults(tmp_path: Path) -> None:
    assert stage(tmp_path, EVERYTHING, "prod", KEY="s3cret") == Stage(
        key="prod",
        stage_name="v1",
        flavor="rest",
        payload_format="1.0",
        region="eu-central-1",
        stack_name="shop-live",
        runtime="python3.12",
        architecture="x86_64",
        memory=512,
        timeout=20,
        variables={"greeting": "hello"},
        environment={"LOG_LEVEL": "error", "LIMIT": "5", "DEBUG": "true", "PARTNER_KEY": "s3cret"},
        throttle=Throttle(100.0, 7),
        cors={"allowOrigins": ("https://a.example",), "maxAge": 7},
        access_log={"format": "$context.requestId", "retention": 30},
        log_retention_days=90,
        log_format="JSON",
        tracing=True,
        snap_start=True,
        auth={"pool": StageAuth("https://issuer.example", ("me",))},
        usage_plans={
            "basic": UsagePlan("basic", Throttle(10.0, 5), Quota(1000, "DAY")),
            "open": UsagePlan("open"),
        },
        api_keys={
            "partner": ApiKey("partner", "s3cret", enabled=False, usage_plan="basic"),
            "other": ApiKey("other", "{{resolve:ssm:/key}}"),
        },
        reserved_concurrency=3,
        deletion_protection=True,
        alarms={"topic": "arn:aws:sns:eu-central-1:1:t"},
        domain={"name": "api.example", "certificateArn": "arn:aws:acm:1", "basePath": "shop"},
        secrets=frozenset({"environment.PARTNER_KEY", "apiKeys.partner.value"}),
    )


def test_the_secrets_of_other_stages_are_not_asked_for(tmp_path: Path) -> None:
    assert stage(tmp_path, EVERYTHING).memory == 512


@pytest.mark.parametrize(
    ("text", "key", "name", "path"),
    [
        ("stages: {dev: {}}", "dev", "$default", ""),
        ("stages: {dev: {flavor: rest}}", "dev", "dev", "/dev"),
        ("stages: {dev: {stageName: v1}}", "dev", "v1", "/v1"),
        ("defaults: {flavor: rest}", "local", "local", "/local"),
        ("stages: {dev: null}", "dev", "$default", ""),
    ],
)
def test_a_stage_has_its_name_in_the_path(tmp_path: Path, text: str, key: str, name: str, path: str) -> None:
    found = stage(tmp_path, text, key)
    assert (found.stage_name, found.base_path) == (name, path)


def test_a_payload_format_of_the_defaults_is_for_http_stages(tmp_path: Path) -> None:
    text = 'defaults: {payloadFormat: "2.0"}\nstages: {dev: {flavor: rest}, old: {payloadFormat: 1.0}}'
    assert stage(tmp_path, text, "dev").payload_format == "1.0"
    assert stage(tmp_path, text, "old").payload_format == "1.0"
    assert stage(tmp_path, text).payload_format == "2.0"


def test_callers_of_signed_routes_are_read(tmp_path: Path) -> None:
    callers = """\
        stages:
          local:
            iam:
              callers:
                ann: {accessKeyId: AKIA1, secretAccessKey: "${SECRET}", allow: "*"}
                bob:
                  accessKeyId: AKIA2
                  secretAccessKey: s
                  allow: [arn:aws:execute-api:*:*:*/*/GET/*, execute-api:/local/POST/items]
                  deny: [execute-api:/*/GET/admin/*]
                  account: "123456789012"
    """
    found = stage(tmp_path, callers, SECRET="s3cret")
    assert found.iam == {
        "ann": IamCaller("ann", "AKIA1", "s3cret", ("*",)),
        "bob": IamCaller(
            "bob",
            "AKIA2",
            "s",
            ("arn:aws:execute-api:*:*:*/*/GET/*", "execute-api:/local/POST/items"),
            ("execute-api:/*/GET/admin/*",),
            "123456789012",
        ),
    }
    assert "s3cret" not in repr(found.iam)
    assert "iam.callers.ann.secretAccessKey" in found.secrets


@pytest.mark.parametrize(
    ("iam", "message"),
    [
        ("{caller: {}}", "unknown key 'caller' in 'iam' (did you mean callers?)"),
        ("{callers: {ann: {accesKeyId: a}}}", "unknown key 'accesKeyId' in a caller (did you mean accessKeyId?)"),
        ("{callers: {ann: {accessKeyId: a}}}", "the caller 'ann' has no 'secretAccessKey' (give it one: any text will"),
        ("{callers: {ann: {accessKeyId: a, secretAccessKey: s, role: r}}}", "the caller 'ann' has no 'sessionToken'"),
        (
            "{callers: {ann: {accessKeyId: a, secretAccessKey: s, sessionToken: t, role: a/b}}}",
            "'a/b' can't name a role of IAM",
        ),
        ("{callers: {a b: {accessKeyId: a, secretAccessKey: s}}}", "'a b' can't name a user of IAM"),
        ("{callers: {ann: {accessKeyId: a, secretAccessKey: s, allow: [GET /a]}}}", "'GET /a' is no resource of"),
        ("{callers: {ann: {accessKeyId: a, secretAccessKey: s, account: '1'}}}", "'1' is no account"),
        (
            "{callers: {ann: {accessKeyId: a, secretAccessKey: s}, bob: {accessKeyId: a, secretAccessKey: t}}}",
            "the access key of 'bob' is that of 'ann' (give each its own)",
        ),
    ],
)
def test_caller_that_can_not_be_one_is_an_error(tmp_path: Path, iam: str, message: str) -> None:
    found = report(tmp_path, f"stages: {{local: {{iam: {iam}}}}}")
    assert any(message in problem for problem in found), found


def test_a_null_removes_a_default(tmp_path: Path) -> None:
    assert stage(
        tmp_path, "defaults: {memory: 512, cors: {maxAge: 1}}\nstages: {local: {memory: null, cors: null}}"
    ) == stage(tmp_path, "stages: {}")


def test_a_variable_comes_from_the_environment_before_dotenv(tmp_path: Path) -> None:
    write_project(
        tmp_path, files={".env": "A=file\nB='from file'\n"}, stages="stages: {local: {environment: {X_: '${A}-${B}'}}}"
    )
    assert load(tmp_path, environ={}).stage.environment == {"X_": "file-from file"}
    assert load(tmp_path, environ={"A": "shell"}).stage.environment == {"X_": "shell-from file"}


def test_a_broken_dotenv_file_is_reported_without_its_content(tmp_path: Path) -> None:
    write_project(tmp_path, files={".env": "A=1\nhush\n"})
    assert errors(tmp_path) == [".env:2: error: this line is not NAME=value (write it so, or start it with #)"]


def test_an_unknown_stage_is_an_error_that_names_the_stages(tmp_path: Path) -> None:
    assert report(tmp_path, "stages:\n  dev: {}\n  prod: {}\n", "prd") == [
        "deploy/stages.yaml:1: error: there is no stage 'prd' (did you mean prod? the stages are local, dev, prod)"
    ]


def test_a_project_without_stages_yaml_has_the_stage_local_only(tmp_path: Path) -> None:
    assert errors(write_project(tmp_path), "dev") == [
        "deploy/stages.yaml: error: there is no stage 'dev' (the only stage is local)"
    ]


@pytest.mark.parametrize(("settings", "message"), INVALID_SETTINGS)
def test_an_invalid_setting_is_an_error_at_its_line(tmp_path: Path, settings: str, message: str) -> None:
    assert report(tmp_path, f"stages:\n  local:\n    {settings}\n") == [f"deploy/stages.yaml:3: error: {message}"]


def test_domain_of_a_deployed_stage_needs_a_certificate(tmp_path: Path) -> None:
    text = "stages:\n  local:\n    domain: {name: a.localhost}\n  dev:\n    domain: {name: a.example}\n"
    assert report(tmp_path, text) == ["deploy/stages.yaml:5: error: 'domain' needs 'certificateArn' (add it)"]


@pytest.mark.parametrize("settings", ["timeout: 0", "colour: red", "cors: []"])
def test_stages_that_are_not_chosen_are_checked_as_well(tmp_path: Path, settings: str) -> None:
    [line] = report(tmp_path, f"stages:\n  prod: {{{settings}}}\n")
    assert line.startswith("deploy/stages.yaml:2: error: ")


@pytest.mark.parametrize("section", ["stages: {prod: ", "defaults: {"])
def test_an_api_key_is_written_out_in_the_stage_local_only(tmp_path: Path, section: str) -> None:
    closing = "}" if section.startswith("stages") else ""
    text = f"{section}{'{' if closing else ''}flavor: rest, apiKeys: {{partner: {{value: plain}}}}}}{closing}"
    assert report(tmp_path, text) == [
        "deploy/stages.yaml:1: error: the API key 'partner' is written out "
        "(write ${NAME_OF_A_VARIABLE} or {{resolve:ssm:…}})"
    ]
    assert report(tmp_path, "stages: {local: {flavor: rest, apiKeys: {partner: {value: plain}}}}") == []


def test_a_stack_name_belongs_to_one_stage(tmp_path: Path) -> None:
    assert report(tmp_path, "defaults: {stackName: shop}") == [
        "deploy/stages.yaml:1: error: a stackName in the defaults would be that of every stage (set it stage by stage)"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "'deploy/stages.yaml' must be a map, not a list"),
        ("stage: {}", "unknown key 'stage' in deploy/stages.yaml (did you mean stages?)"),
        ("stages: []", "'stages' must be a map, not a list"),
        ("stages: {local: 5}", "'local' must be a map, not the number 5"),
        (
            "stages: {local: {memory: 512, memory: 256}}",
            "the key 'memory' stands here a second time (first on line 1) (remove one of them)",
        ),
    ],
)
def test_a_file_of_another_structure_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    assert report(tmp_path, text) == [f"deploy/stages.yaml:1: error: {message}"]


def test_a_key_that_can_not_be_a_stage_name_needs_one(tmp_path: Path) -> None:
    texts: dict[str, Any] = {"flavor: rest": 1, "flavor: rest, stageName: ok": 0, "flavor: http": 0}
    for settings, count in texts.items():
        lines = report(tmp_path, f"stages: {{'my stage': {{{settings}}}}}", "my stage")
        assert len(lines) == count


def test_parts_of_a_setting_may_stand_in_the_defaults_and_in_the_stage(tmp_path: Path) -> None:
    domain = "defaults: {domain: {certificateArn: arn:aws:acm:1}}\nstages: {prod: {domain: {name: api.example}}}"
    found = stage(tmp_path, domain, "prod").domain
    assert found == {"certificateArn": "arn:aws:acm:1", "name": "api.example"}


def test_part_that_a_stage_lacks_is_an_error_whichever_stage_is_chosen(tmp_path: Path) -> None:
    assert report(tmp_path, "stages:\n  prod: {domain: {name: api.example}}\n") == [
        "deploy/stages.yaml:2: error: 'domain' needs 'certificateArn' (add it)"
    ]
