"""Templates with a wrong value anywhere are read with problems, and never end in a traceback."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.project.source.cursor import Diagnostics
from homeport.project.source.yaml_text import long_form, read_yaml
from tests.support.sam_templates import SAM
from tests.support.templates import read_folder

TEMPLATE = f"""{SAM}Parameters:
  Stage: {{Type: String, Default: dev, AllowedValues: [dev, prod]}}
Mappings:
  Sizes: {{dev: {{memory: 128}}, prod: {{memory: 512}}}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Globals:
  Function: {{Runtime: python3.12, Timeout: 5, Environment: {{Variables: {{A: b}}}}}}
  Api: {{Cors: "'*'", Auth: {{ApiKeyRequired: false}}}}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: src
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Policies:
        - DynamoDBCrudPolicy: {{TableName: !Ref Table}}
        - Statement: [{{Effect: Allow, Action: 's3:*', Resource: !If [IsProd, a, '*']}}]
      Events:
        Get: {{Type: Api, Properties: {{RestApiId: !Ref Rest, Path: '/x/{{id}}', Method: get}}}}
        Put: {{Type: HttpApi, Properties: {{ApiId: !Ref Http, Path: /x, Method: put}}}}
        Queue: {{Type: SQS, Properties: {{Queue: !GetAtt Jobs.Arn}}}}
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: !Ref Stage
      Auth: {{DefaultAuthorizer: Pool, Authorizers: {{Pool: {{UserPoolArn: !GetAtt Pool.Arn}}}}}}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties: {{CorsConfiguration: {{AllowOrigins: ['*']}}, Tags: {{a: b}}}}
  Plain:
    Type: AWS::ApiGateway::RestApi
    Properties: {{Name: plain, Body: {{openapi: 3.0.1, info: {{title: t, version: v}}, paths: {{/y: {{get: {{}}}}}}}}}}
  Table: {{Type: AWS::Serverless::SimpleTable, Properties: {{PrimaryKey: {{Name: id, Type: String}}}}}}
  Pool: {{Type: AWS::Cognito::UserPool}}
  Jobs: {{Type: AWS::SQS::Queue, Condition: IsProd}}
Outputs:
  Url: {{Value: !Sub 'https://${{Rest}}.execute-api.${{AWS::Region}}.amazonaws.com/${{Stage}}'}}
"""

JUNK: tuple[Any, ...] = (
    *(None, 5, -1, 1.5, True, "", "x", [], {}, [1], [[]], [{}], {"a": "b"}, {"": ""}),
    *({"Ref": "Gone"}, {"Ref": 5}, {"Ref": "AWS::NoValue"}, {"Fn::GetAtt": ["A"]}, {"Fn::Sub": {}}),
    *({"Fn::If": ["Gone", 1]}, {"Fn::Transform": 5}, {"Fn::Transform": {"Name": "AWS::Include"}}, {"$ref": 5}),
    *({"$ref": "gone.yaml"}, {"Fn::ForEach::A": [1]}, {"Type": "AWS::Lambda::Function"}),
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values in a value."""
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from paths(child, (*path, key))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_template_is_read_without_a_traceback(tmp_path: Path, seed: int) -> None:
    whole = read_yaml(TEMPLATE, long_form).value
    chance = random.Random(seed)
    for _ in range(10):
        damaged = copy.deepcopy(whole)
        for _ in range(chance.choice((1, 1, 2, 3))):
            path = chance.choice(list(paths(damaged)))
            holder = damaged
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = copy.deepcopy(chance.choice(JUNK))
        (tmp_path / "template.json").write_text(json.dumps(damaged))
        diagnostics = Diagnostics()
        project = read_folder(tmp_path, diagnostics, file="template.json")
        assert project is not None or diagnostics.all()
