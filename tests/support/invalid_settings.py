"""Settings of a stage that are wrong, each with what its reader says of it."""

from __future__ import annotations

INVALID_SETTINGS: list[tuple[str, str]] = [
    ("memry: 512", "unknown key 'memry' in a stage (did you mean memory?)"),
    ("memory: 64", "'memory' must be from 128 to 10240 MB, not 64"),
    ("memory: '512'", "'memory' must be a whole number, not the text '512'"),
    ("timeout: 901", "'timeout' must be from 1 to 900 seconds, not 901"),
    ("flavor: htp", "'flavor' can't be 'htp' (did you mean http?)"),
    ("payloadFormat: 3", '\'payloadFormat\' can\'t be 3 (write "1.0" or "2.0")'),
    *(
        (
            f"runtime: {runtime}",
            f"{runtime} is not among the versions of Python that the kit runs "
            "(choose one of python3.10, python3.11, python3.12, python3.13, python3.14)",
        )
        for runtime in ("python2.7", "python3.9", "python3.15")
    ),
    ("runtime: Python3.12", "'runtime' can't be 'Python3.12' (did you mean python3.12?)"),
    (
        "runtime: nodejs16.x",
        "nodejs16.x is not among the versions of Node.js that the kit runs "
        "(choose one of nodejs20.x, nodejs22.x, nodejs24.x)",
    ),
    (
        "runtime: java21",
        "java21 is Java, which is not run here (with GraalVM compile it to a program named bootstrap, "
        "and set the runtime provided.al2023)",
    ),
    (
        "runtime: dotnet8",
        "dotnet8 is .NET, which is not run here (with Native AOT compile it to a program named bootstrap, "
        "and set the runtime provided.al2023)",
    ),
    (
        "runtime: ruby3.3",
        "ruby3.3 is Ruby, which is not run here (deploy it to AWS, or write it in Python or JavaScript)",
    ),
    ("handler: app.main", "handler is not set in a stage (set x-homeport.handler)"),
    ("architecture: arm", "'architecture' can't be 'arm' (did you mean arm64?)"),
    ("region: Frankfurt", "'region' can't be 'Frankfurt' (write it as eu-central-1)"),
    (
        "stackName: my_stack",
        "'stackName' can't be 'my_stack' (use up to 128 letters, digits and hyphens, a letter first)",
    ),
    ("stageName: a/b", "'stageName' can't be 'a/b' (use letters, digits, - and _, or $default)"),
    ("logRetentionDays: 10", "CloudWatch does not know a retention of 10 days (take 7)"),
    ("accessLog: {fromat: a}", "unknown key 'fromat' in accessLog (did you mean format?)"),
    ("environment: {A-B: x}", "'A-B' can't name an environment variable (use letters, digits and _)"),
    ("environment: {AWS_REGION: x}", "Lambda sets AWS_REGION itself (choose another name)"),
    ("environment: {RATIO: 1.10}", "'RATIO' must be text, not the number 1.1 (put quotes around it)"),
    ("variables: {a b: x}", "'a b' can't name a stage variable (use letters, digits and _)"),
    ("throttle: {rate: fast}", "'rate' must be a number, not the text 'fast'"),
    ("throttle: 5", "'throttle' must be a map, not the number 5"),
    (
        "cors: {allowOrigin: [x]}",
        "unknown key 'allowOrigin' in the CORS configuration (did you mean allowOrigins?)",
    ),
    ("domain: {basePath: a}", "'domain' needs 'name' (add it)"),
    ("domain: {name: a, certificateArn: b, mutualTls: {}}", "mutualTls: mutual TLS is not emulated (remove it)"),
    ("canary: {percent: 5}", "an HTTP API has no canary (use flavor: rest, or remove them)"),
    (
        "{flavor: rest, canary: {}}",
        "'canary' needs 'percent' (write the part of the requests that it gets, such as percent: 10)",
    ),
    ("{flavor: rest, canary: {percent: 101}}", "'percent' must be from 0 to 100, not 101"),
    ("{flavor: rest, canary: {percent: 1, vars: {}}}", "unknown key 'vars' in 'canary' (did you mean variables?)"),
    ("webAcl: x", "webAcl: AWS WAF is not emulated (remove it)"),
    ("alarms: {topics: x}", "unknown key 'topics' in 'alarms' (did you mean topic?)"),
    ("usagePlans: {a: {}}", "an HTTP API has no usagePlans (use flavor: rest, or remove them)"),
    ("apiKeys: {a: {value: x}}", "an HTTP API has no apiKeys (use flavor: rest, or remove them)"),
    (
        "{flavor: rest, usagePlans: {a: {quota: {limit: 5}}}}",
        "a quota needs 'period' (write for example {limit: 1000, period: DAY})",
    ),
    (
        "{flavor: rest, usagePlans: {a: {rate: 5}}}",
        "a usage plan needs 'burst' (give both rate (requests a second) and burst (requests at once))",
    ),
    ("{flavor: rest, usagePlans: {a: {rte: 5}}}", "unknown key 'rte' in a usage plan (did you mean rate?)"),
    (
        "{flavor: rest, apiKeys: {a: {}}}",
        "the API key 'a' has no 'value' (give it one: value: ${NAME_OF_A_VARIABLE})",
    ),
    (
        "{flavor: rest, apiKeys: {a: {value: x, usagePlan: basc}}, usagePlans: {basic: {}}}",
        "there is no usage plan 'basc' (did you mean basic?)",
    ),
    (
        "{flavor: rest, stageName: $default}",
        "a REST API has no $default stage (give it a name, or use flavor: http)",
    ),
    ('{flavor: rest, payloadFormat: "2.0"}', "a REST API's payload format is always 1.0 (remove it)"),
    (
        "environment: {KEY: '${NOT_SET}'}",
        "the variable NOT_SET is not set (export it, or write NOT_SET=… into .env)",
    ),
    (
        f"environment: {{BIG: {'x' * 4094}}}",
        "the environment is 4097 bytes, more than Lambda's 4096 (move large values into Parameter Store)",
    ),
]
