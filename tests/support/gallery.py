"""A project whose requests are of every kind that the inspector shows: the parcels, and routes that fail in all ways.

It is a REST API, which has streamed responses and request validation. ``make_traffic`` sends the requests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
import yaml

from homeport.aws.setup.clients import Clients
from homeport.contract.fixtures.stack import Stack
from tests.support import parcels
from tests.support.project import write_files

_STREAM = "arn:aws:lambda:us-east-1:000000000000:function:stream-history"
_STREAM_URI = f"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{_STREAM}/response-streaming-invocations"
_PLAIN = {"200": {"description": "As it is."}}


def _operation(id: str, **more: Any) -> dict[str, Any]:
    return {"operationId": id, "responses": _PLAIN, **more}


_PATHS: dict[str, Any] = {
    "/parcels/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": _operation("getParcel", **{"x-homeport": {"access": {"ParcelsTable": ["GetItem"]}}}),
        "put": _operation(
            "changeParcel",
            requestBody={
                "content": {"application/json": {"schema": {"type": "object", "required": ["note"]}}},
            },
            **{"x-amazon-apigateway-request-validator": "all"},
        ),
        "delete": _operation("forbiddenCall"),
    },
    "/parcels/{id}/label.png": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": _operation("drawLabel"),
    },
    "/report": {"get": _operation("makeReport")},
    "/costs": {"get": _operation("countCosts")},
    "/private": {"get": _operation("showPrivate", security=[{"guard": []}])},
    "/busy": {"get": _operation("answerSlowly", **{"x-homeport": {"throttle": {"rate": 1, "burst": 1}}})},
    "/history": {
        "get": _operation(
            "streamHistory",
            **{
                "x-homeport": {"runtime": "nodejs22.x"},
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy",
                    "httpMethod": "POST",
                    "uri": _STREAM_URI,
                    "responseTransferMode": "STREAM",
                },
            },
        )
    },
}
_GUARD = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
        "type": "token",
        "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-1:000000000000:function:guard/invocations",
        "authorizerResultTtlInSeconds": 0,
    },
}
_HANDLERS = {
    "get_parcel.py": """
        import json
        import logging
        import os

        import boto3

        log = logging.getLogger(__name__)
        log.setLevel(logging.INFO)
        table = boto3.resource("dynamodb").Table(os.environ["PARCELS_TABLE"])

        def handler(event, context):
            id = event["pathParameters"]["id"]
            log.info("looking for parcel %s", id)
            item = table.get_item(Key={"id": id}).get("Item")
            if item is None:
                log.warning("no parcel %s", id)
                return {"statusCode": 404, "body": json.dumps({"message": f"There is no parcel {id}."})}
            print("found", id)
            return {"statusCode": 200, "body": json.dumps({"id": item["id"]})}
    """,
    "change_parcel.py": """
        def handler(event, context):
            return {"statusCode": 200, "body": event["body"]}
    """,
    "forbidden_call.py": """
        import boto3

        def handler(event, context):
            boto3.client("dynamodb").delete_item(TableName="parcels-local-ParcelsTable", Key={"id": {"S": "1"}})
    """,
    "draw_label.py": """
        import base64

        PIXEL = base64.b64encode(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(range(256)) * 4).decode()

        def handler(event, context):
            headers = {"Content-Type": "image/png"}
            return {"statusCode": 200, "headers": headers, "body": PIXEL, "isBase64Encoded": True}
    """,
    "make_report.py": """
        import json

        def handler(event, context):
            lines = [{"line": number, "parcel": f"parcel-{number}", "cents": number * 7} for number in range(6000)]
            headers = {"Content-Type": "application/json", "X-Long": "unbroken" * 40}
            return {"statusCode": 200, "headers": headers, "body": json.dumps(lines)}
    """,
    "count_costs.py": """
        def price_of(parcel):
            return parcel["price"] * 2

        def total(parcels):
            try:
                return sum(map(price_of, parcels))
            except KeyError as error:
                raise RuntimeError("the costs can't be counted") from error

        def handler(event, context):
            print("counting the costs of 3 parcels")
            return {"statusCode": 200, "body": str(total([{"price": 1}, {"weight": 2}, {"price": 3}]))}
    """,
    "show_private.py": """
        def handler(event, context):
            return {"statusCode": 200, "body": "for you alone"}
    """,
    "answer_slowly.py": """
        def handler(event, context):
            return {"statusCode": 200, "body": "at last"}
    """,
    "guard.py": """
        def handler(event, context):
            effect = "Allow" if event["authorizationToken"] == "open" else "Deny"
            statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
            return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    """,
    "stream_history.mjs": """
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          const metadata = { statusCode: 200, headers: { 'Content-Type': 'text/plain' } };
          const response = awslambda.HttpResponseStream.from(stream, metadata);
          for (let day = 1; day <= 5; day++) response.write(`day ${day}: on its way\\n`);
          response.end();
        });
    """,
}


_MAIL = {"Subject": {"Data": "Your parcel"}, "Body": {"Text": {"Data": "It is on its way."}}}


def write_gallery(root: Path) -> Path:
    """Write the project into a folder."""
    parcels.write_parcels(root)
    document = yaml.safe_load(parcels.SPEC)
    document["paths"] |= _PATHS
    document["x-amazon-apigateway-binary-media-types"] = ["image/png"]
    document["components"] = {"securitySchemes": {"guard": _GUARD}}
    document["x-amazon-apigateway-request-validators"] = {
        "all": {"validateRequestBody": True, "validateRequestParameters": True}
    }
    mails = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    document["x-homeport"]["functions"]["show-event"] = {"policies": [mails]}
    handlers = {f"service/handlers/{name}": text for name, text in _HANDLERS.items()}
    files = {"openapi.yaml": yaml.safe_dump(document, sort_keys=False), **handlers}
    files["deploy/stages.yaml"] = "stages: {local: {flavor: rest, stageName: local}}\n"
    return write_files(root, files)


def make_traffic(stack: Stack) -> dict[str, int]:
    """Send a request of every kind; return the status of each by what it is."""
    assert stack.aws is not None
    aws = Clients(stack.aws, "us-east-1", embedded=True)
    ssm = aws("ssm")
    ssm.put_parameter(Name="/parcels/secure", Value=parcels.SECURE, Type="SecureString")
    ses = aws("ses")
    ses.verify_email_identity(EmailAddress="depot@example.com")
    ses.send_email(Source="depot@example.com", Destination={"ToAddresses": ["you@example.com"]}, Message=_MAIL)

    def send(method: str, path: str, **more: Any) -> int:
        return requests.request(method, stack.url + path, timeout=60, **more).status_code

    found = {
        "created": send("POST", "/parcels", json={"id": "good-1"}),
        "created to fail": send("POST", "/parcels", json={"id": "bad-1"}),
        "found": send("GET", "/parcels/good-1", headers={"Authorization": "Bearer secret-1", "Accept": "*/*"}),
        "missing": send("GET", "/parcels/none-with-a-very-long-id-that-has-no-place-to-break-" + "x" * 120),
        "invalid": send("PUT", "/parcels/good-1", json={"other": 1}),
        "forbidden call": send("DELETE", "/parcels/good-1"),
        "binary": send("GET", "/parcels/good-1/label.png", headers={"Accept": "image/png"}),
        "large": send("GET", "/report?from=2026-01-01&to=2026-12-31"),
        "failed": send("GET", "/costs"),
        "unauthorized": send("GET", "/private"),
        "denied": send("GET", "/private", headers={"Authorization": "closed"}),
        "allowed": send("GET", "/private", headers={"Authorization": "open"}),
        "streamed": send("GET", "/history"),
        "no route": send("GET", "/nowhere"),
    }
    return {**found, "throttled": max(send("GET", "/busy") for _ in range(6))}
