"""A SAM project for tests: a REST API that SAM implies, an HTTP API, a table, an authorizer, CORS and an API key."""

from __future__ import annotations

from pathlib import Path

from tests.support.project import write_files

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting:
    Type: String
    Default: hello
Globals:
  Function:
    Runtime: python3.13
    Timeout: 10
    CodeUri: src/
    Environment:
      Variables:
        TABLE_NAME: !Ref NotesTable
        GREETING: !Ref Greeting
  Api:
    Cors:
      AllowOrigin: "'https://app.example'"
      AllowHeaders: "'content-type,authorization'"
Resources:
  NotesTable:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: id, Type: String}
  NotesApi:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Auth:
        Authorizers:
          Guard:
            FunctionArn: !GetAtt GuardFunction.Arn
  GetNote:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.get_note
      Policies:
        - DynamoDBReadPolicy: {TableName: !Ref NotesTable}
      Events:
        Get:
          Type: Api
          Properties: {Path: "/notes/{id}", Method: get, RestApiId: !Ref NotesApi}
  PutNote:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.put_note
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref NotesTable}
      Events:
        Put:
          Type: Api
          Properties:
            Path: /notes/{id}
            Method: put
            RestApiId: !Ref NotesApi
            Auth: {Authorizer: Guard}
  GuardFunction:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.guard}
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.hello
      Events:
        Web:
          Type: HttpApi
          Properties: {Path: /hello, Method: get, ApiId: !Ref WebApi}
  WebApi:
    Type: AWS::Serverless::HttpApi
"""

CODE = """\
import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def get_note(event, context):
    note = table.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    return {"statusCode": 200 if note else 404, "body": json.dumps(note)}


def put_note(event, context):
    note = {"id": event["pathParameters"]["id"], "text": event["body"]}
    table.put_item(Item=note)
    return {"statusCode": 200, "body": json.dumps(note)}


def guard(event, context):
    effect = "Allow" if event["authorizationToken"] == "open" else "Deny"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def hello(event, context):
    return {"greeting": os.environ["GREETING"]}
"""


def notes_template(root: Path) -> Path:
    """Write the project and return its folder."""
    write_files(root, {"template.yaml": TEMPLATE, "src/app.py": CODE})
    return root
