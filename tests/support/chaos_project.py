"""The project that the fault campaign runs: counters that only grow, a guarded route, a function that logs."""

from __future__ import annotations

from pathlib import Path

from tests.support.project import write_files

FUNCTION_TIMEOUT = 3
"""Seconds that each function has."""

FILES = {
    "openapi.yaml": """
        openapi: 3.0.3
        info: {title: Counters, version: 1.0.0}
        components:
          securitySchemes:
            user:
              type: oauth2
              x-amazon-apigateway-authorizer:
                type: jwt
                jwtConfiguration: {issuer: "https://issuer.example.com", audience: [homeport]}
                identitySource: $request.header.Authorization
        paths:
          /counters/{id}:
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            get:
              operationId: getCounter
              x-homeport: {access: {CountersTable: [GetItem]}}
              responses: {"200": {description: The counter.}}
            put:
              operationId: putCounter
              x-homeport: {access: {CountersTable: [PutItem]}}
              responses: {"204": {description: Kept.}}
          /guarded:
            get:
              operationId: getGuarded
              security: [{user: []}]
              responses: {"204": {description: You may.}}
    """,
    "deploy/resources.yaml": """
        Resources:
          CountersTable:
            Type: AWS::DynamoDB::Table
            Properties:
              BillingMode: PAY_PER_REQUEST
              AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
              KeySchema: [{AttributeName: id, KeyType: HASH}]
    """,
    "deploy/stages.yaml": f"""
        defaults: {{timeout: {FUNCTION_TIMEOUT}, throttle: {{rate: 5000, burst: 5000}}}}
        stages: {{local: {{}}}}
    """,
    "service/handlers/get_counter.py": """
        import os
        import boto3

        table = boto3.resource("dynamodb").Table(os.environ["COUNTERS_TABLE"])

        def handler(event, context):
            key = {"id": event["pathParameters"]["id"]}
            found = table.get_item(Key=key, ConsistentRead=True).get("Item")
            return {"statusCode": 200, "body": str(found["count"])} if found else {"statusCode": 404, "body": "0"}
    """,
    # A request that was given up may still be carried out later: it must not undo what was written since.
    "service/handlers/put_counter.py": """
        import os
        import boto3
        from boto3.dynamodb.conditions import Attr
        from botocore.exceptions import ClientError

        table = boto3.resource("dynamodb").Table(os.environ["COUNTERS_TABLE"])

        def handler(event, context):
            count = int(event["body"])
            print("count", count)
            try:
                table.put_item(
                    Item={"id": event["pathParameters"]["id"], "count": count},
                    ConditionExpression=Attr("count").not_exists() | Attr("count").lte(count),
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                return {"statusCode": 409, "body": "there is a newer one"}
            return {"statusCode": 204}
    """,
    "service/handlers/get_guarded.py": """
        def handler(event, context):
            return {"statusCode": 204}
    """,
}


def chaos_project(root: Path) -> Path:
    """Write it into a folder."""
    return write_files(root, FILES)
