"""A project with a service of each kind that the inspector shows, whose functions lead from one to the next."""

from __future__ import annotations

from pathlib import Path

from tests.support.project import write_files

SECRET = "correct-horse-battery"
SECURE = "staple-of-the-store"

SPEC = """
openapi: 3.0.3
info: {title: Parcels, version: 1.0.0}
paths:
  /parcels:
    post:
      operationId: addParcel
      x-homeport:
        access: {ParcelsTable: [PutItem]}
        environment: {BUCKET: {Ref: Labels}, MACHINE: {Ref: Flow}}
        policies:
          - {Effect: Allow, Action: ["ssm:GetParameter", "secretsmanager:GetSecretValue"], Resource: "*"}
          - {Effect: Allow, Action: ["s3:PutObject", "states:StartExecution", "kms:Decrypt"], Resource: "*"}
          - {Effect: Allow, Action: ["ses:SendEmail"], Resource: "*"}
      responses: {"201": {description: Kept.}}
x-homeport:
  functions:
    index-parcel:
      environment: {QUEUE: {Ref: ShipQueue}, TOPIC: {Ref: News}}
      policies:
        - {Effect: Allow, Action: ["sqs:SendMessage", "sns:Publish"], Resource: "*"}
        - Effect: Allow
          Action: ["dynamodb:DescribeStream", "dynamodb:Get*", "dynamodb:ListStreams"]
          Resource: "*"
    ship-parcel:
      policies:
        - {Effect: Allow, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource: "*"}
    show-event: {}
"""
RESOURCES = """
Resources:
  ParcelsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  ShipQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadQueue.Arn, maxReceiveCount: 2}
  DeadQueue: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic}
  Labels:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt ShowEventFunction.Arn}]
  Clicks: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Users: {Type: AWS::Cognito::UserPool}
  Lock: {Type: AWS::KMS::Key}
  Mode: {Type: AWS::SSM::Parameter, Properties: {Name: /parcels/mode, Type: String, Value: fast}}
  ApiSecret: {Type: AWS::SecretsManager::Secret, Properties: {Name: parcels-secret, SecretString: "SECRET"}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: parcels}}
  Arrived:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [depot]}
      Targets: [{Id: show, Arn: !GetAtt ShowEventFunction.Arn}]
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: cron(0 3 * * ? *)
      Targets: [{Id: show, Arn: !GetAtt ShowEventFunction.Arn}]
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::000000000000:role/flow
      DefinitionString:
        Fn::Sub: |
          {"StartAt": "Show", "States": {"Show": {"Type": "Task", "Resource": "${ShowEventFunction.Arn}", "End": true}}}
  StreamMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt ParcelsTable.StreamArn
      FunctionName: !Ref IndexParcelFunction
      StartingPosition: TRIM_HORIZON
  ShipMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt ShipQueue.Arn
      FunctionName: !Ref ShipParcelFunction
      FunctionResponseTypes: [ReportBatchItemFailures]
  NewsToShow:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: lambda, TopicArn: !Ref News, Endpoint: !GetAtt ShowEventFunction.Arn}
""".replace("SECRET", SECRET)
ADD_PARCEL = """
import json, os
import boto3

def handler(event, context):
    parcel = json.loads(event["body"])
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="parcels-secret")["SecretString"]
    found = boto3.client("ssm").get_parameter(Name="/parcels/secure", WithDecryption=True)["Parameter"]["Value"]
    print("secret is", secret, "and", found)
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"{parcel['id']}.txt", Body=b"label")
    boto3.client("stepfunctions").start_execution(stateMachineArn=os.environ["MACHINE"], input=event["body"])
    item = {"id": {"S": parcel["id"]}, "note": {"S": secret}}
    boto3.client("dynamodb").put_item(TableName=os.environ["PARCELS_TABLE"], Item=item)
    return {"statusCode": 201, "body": json.dumps({"secure": found})}
"""
INDEX_PARCEL = """
import os
import boto3

def handler(event, context):
    for record in event["Records"]:
        body = record["dynamodb"]["NewImage"]["id"]["S"]
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=body)
        boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message=body)
"""
SHIP_PARCEL = """
def handler(event, context):
    bad = [record["messageId"] for record in event["Records"] if record["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in bad]}
"""
SHOW_EVENT = """
def handler(event, context):
    print("shown", sorted(event))
    return event
"""


def write_parcels(root: Path) -> Path:
    """Write the project into a folder."""
    handlers = {
        "add_parcel": ADD_PARCEL,
        "index_parcel": INDEX_PARCEL,
        "ship_parcel": SHIP_PARCEL,
        "show_event": SHOW_EVENT,
    }
    files = {"openapi.yaml": SPEC, "deploy/resources.yaml": RESOURCES, "service/__init__.py": ""}
    files["service/handlers/__init__.py"] = ""
    return write_files(root, {**files, **{f"service/handlers/{name}.py": text for name, text in handlers.items()}})
