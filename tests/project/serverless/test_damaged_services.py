"""Services in which values are exchanged for others: each is read or refused, and none gives a traceback."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.serverless import service_problems

pytestmark = pytest.mark.unit

SEED = 4
DAMAGES = 30

SERVICE = """
service: notes
frameworkVersion: '3'
useDotenv: true
plugins: [serverless-esbuild, serverless-python-requirements, serverless-wsgi, serverless-offline]
custom:
  name: ${self:service}-${sls:stage}
  esbuild: {external: [a], define: {A: b}, plugins: x.js}
  pythonRequirements: {fileName: r.txt, layer: true}
  wsgi: {app: app.app}
  dotenv: {include: [A]}
  serverless-offline: {httpPort: 4000}
params: {default: {a: 1}, dev: {b: 2}}
package: {individually: true, patterns: ['!x']}
layers: {shared: {path: lib, compatibleRuntimes: [python3.13]}}
provider:
  name: aws
  runtime: python3.13
  stage: ${opt:stage, 'dev'}
  environment: {TABLE: '${self:custom.name}', A: 5, B: !Ref Table}
  layers: [!Ref SharedLambdaLayer]
  vpc: {securityGroupIds: [a], subnetIds: [b]}
  tracing: {lambda: true, apiGateway: true}
  logs: {restApi: true, httpApi: {format: x}, lambda: {logFormat: JSON}}
  iam: {role: {statements: [{Effect: Allow, Action: 'a:b', Resource: '*'}], managedPolicies: [x]}}
  apiGateway:
    apiKeys: [one, {name: two, value: 01234567890123456789}]
    usagePlan: {quota: {limit: 1, period: DAY}, throttle: {rateLimit: 1, burstLimit: 2}}
    request: {schemas: {s: {name: S, schema: {type: object}}}}
    resourcePolicy: [{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}]
    binaryMediaTypes: ['*/*']
  httpApi:
    cors: {allowedOrigins: ['*']}
    authorizers: {jwt: {identitySource: $request.header.A, issuerUrl: 'https://i', audience: [a]}}
  s3: {photos: {name: p, accelerateConfiguration: {AccelerationStatus: Enabled}}}
functions:
  guard: {handler: app.handler, role: MyRole}
  get:
    handler: app.handler
    environment: {A: '${param:a}'}
    iamRoleStatements: [{Effect: Allow, Action: 'a:b', Resource: '*'}]
    destinations: {onFailure: guard, onSuccess: {type: sns, arn: x}}
    url: {authorizer: aws_iam}
    events:
      - http: GET /a
      - http:
          method: post
          path: b/{id}
          private: true
          cors: {origins: [a], headers: [b], maxAge: 5}
          authorizer: {name: guard, type: token, resultTtlInSeconds: 5, scopes: [a], claims: [email]}
          request: {schemas: {application/json: s}, parameters: {querystrings: {q: {required: true, mappedValue: x}}}}
      - http:
          method: get
          path: c
          integration: lambda
          request: {template: {application/json: x}, passThrough: NEVER}
          response: {headers: {A: "'b'"}, statusCodes: {200: {pattern: '', template: {a/b: c}, headers: {C: d}}}}
      - httpApi: {method: get, path: /d, authorizer: {name: jwt, scopes: [a]}}
      - sqs: {arn: !GetAtt Queue.Arn, filterPatterns: [{a: [b]}], batchSize: 2}
      - stream: {type: dynamodb, arn: !GetAtt Table.StreamArn, destinations: {onFailure: {arn: x, type: sqs}}}
      - sns: {topicName: t, filterPolicy: {a: [b]}, redrivePolicy: {deadLetterTargetRef: Queue}}
      - s3: {bucket: photos, event: x, rules: [{prefix: a}]}
      - schedule: {rate: [rate(1 minute)], input: {a: b}, enabled: true}
      - eventBridge:
          {pattern: {source: [a]}, eventBus: b, inputTransformer: {inputTemplate: x},
           retryPolicy: {maximumEventAge: 60}}
      - cloudwatchEvent: {event: {source: [a]}}
      - cognitoUserPool: {pool: p, trigger: PreSignUp}
      - websocket: $connect
      - alb: {listenerArn: x}
resources:
  Resources:
    Queue: {Type: AWS::SQS::Queue}
    Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: '${self:custom.name}'}}
  Outputs: {A: {Value: b}}
  extensions: {GetLambdaFunction: {Properties: {MemorySize: 5}}}
"""
OTHERS: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -7,
        1.5,
        "",
        "x",
        "long" * 100,
        "a\0b",
        "${file(~nobody/x)}",
        "${self:custom}",
        "${self:nothing}",
        "${env:NO}",
        "${file(no.yml)}",
    ),
    *(
        "${",
        "${self:provider.${self:custom}}",
        [],
        [None],
        ["x"],
        [[]],
        {},
        {"a": None},
        {"Ref": "Nothing"},
        {"Fn::GetAtt": 5},
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(pairs):
        yield (*path, key)
        yield from places(child, (*path, key))


class Loader(yaml.SafeLoader):
    """A loader that has the short forms of CloudFormation's functions as maps."""


def _function(loader: Loader, suffix: str, node: yaml.Node) -> Any:
    assert isinstance(node, yaml.ScalarNode)
    return {"Ref": node.value} if suffix == "Ref" else {f"Fn::{suffix}": node.value.split(".")}


yaml.add_multi_constructor("!", _function, Loader)


def test_a_damaged_service_gives_no_traceback(tmp_path: Path) -> None:
    whole = yaml.load(SERVICE, Loader)
    chosen = random.Random(SEED)
    for path in chosen.sample(list(places(whole)), DAMAGES):
        damaged, other = copy.deepcopy(whole), chosen.choice(OTHERS)
        holder = damaged
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = other
        try:
            service_problems(tmp_path, yaml.safe_dump(damaged))
        except Exception as error:
            raise AssertionError(f"{'.'.join(map(str, path))} = {other!r}") from error
