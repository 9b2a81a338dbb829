"""Resources of Terraform as the project that they make: APIs, functions, tables, rights, triggers."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.triggers.trigger import BucketTrigger, QueueTrigger, RuleTrigger, ScheduleTrigger, TopicTrigger
from tests.project.terraform.configurations import PERMISSION, TABLE_AND_FUNCTION, archive, read

pytestmark = pytest.mark.unit

HTTP_API = (
    TABLE_AND_FUNCTION
    + """
resource "aws_apigatewayv2_api" "items" {
  name          = "items"
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins = ["https://a.example"]
    allow_methods = ["GET"]
    max_age       = 60
  }
}
resource "aws_apigatewayv2_integration" "run" {
  api_id                 = aws_apigatewayv2_api.items.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.run.invoke_arn
  payload_format_version = "2.0"
}
resource "aws_apigatewayv2_authorizer" "tokens" {
  api_id           = aws_apigatewayv2_api.items.id
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  name             = "tokens"
  jwt_configuration {
    audience = ["items"]
    issuer   = "https://cognito-idp.eu-west-1.amazonaws.com/${aws_cognito_user_pool.people.id}"
  }
}
resource "aws_cognito_user_pool" "people" {
  name = "people"
}
resource "aws_apigatewayv2_route" "read" {
  api_id               = aws_apigatewayv2_api.items.id
  route_key            = "GET /items/{id}"
  target               = "integrations/${aws_apigatewayv2_integration.run.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.tokens.id
  authorization_scopes = ["items/read"]
}
resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.items.id
  name        = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_burst_limit = 5
    throttling_rate_limit  = 10
  }
}
provider "aws" {
  region = "eu-west-1"
}
"""
)


def test_http_api_keeps_its_routes_scopes_cors_and_limits(tmp_path: Path) -> None:
    found = read(tmp_path, {"main.tf": HTTP_API + PERMISSION})
    assert found.problems == []
    project = found.made
    (operation,) = project.api.operations
    assert (operation.route_key, operation.function, project.stage.stage_name) == ("GET /items/{id}", "Run", "$default")
    line = HTTP_API.splitlines().index('  route_key            = "GET /items/{id}"') + 1
    assert (operation.source.file, operation.source.line) == ("main.tf", line)
    assert [each.scopes for each in operation.security] == [("items/read",)]
    authorizer = project.api.authorizers["tokens"]
    pool = project.resources.others["PeopleUserPool"].physical_id
    assert pool.startswith("eu-west-1_") and pool in str(authorizer)
    assert project.api.document["x-amazon-apigateway-cors"]["allowOrigins"] == ["https://a.example"]
    assert project.stage.throttle is not None and project.stage.throttle.rate == 10


def test_quick_create_and_payload_format_are_the_providers_defaults(tmp_path: Path) -> None:
    text = TABLE_AND_FUNCTION + (
        'resource "aws_apigatewayv2_api" "quick" {\n name = "quick"\n protocol_type = "HTTP"\n'
        " target = aws_lambda_function.run.arn\n}\n"
        'resource "aws_apigatewayv2_integration" "loose" {\n api_id = aws_apigatewayv2_api.quick.id\n'
        ' integration_type = "AWS_PROXY"\n integration_uri = aws_lambda_function.run.invoke_arn\n}\n'
        'resource "aws_apigatewayv2_route" "old" {\n api_id = aws_apigatewayv2_api.quick.id\n route_key = "GET /old"\n'
        ' target = "integrations/${aws_apigatewayv2_integration.loose.id}"\n}\n'
    )
    project = read(tmp_path, {"main.tf": text}).made
    assert {each.route_key: each.function for each in project.api.operations} == {"$default": "Run", "GET /old": "Run"}
    formats = {each.route_key: getattr(each.integration, "payload_format", None) for each in project.api.operations}
    assert formats == {"$default": "2.0", "GET /old": "1.0"}


def test_integration_without_a_route_and_a_role_that_is_not_defined_are_named(tmp_path: Path) -> None:
    archive(tmp_path / "function.zip", index="exports.handler = async () => ({})")
    text = """
resource "aws_lambda_function" "api_handler" {
  filename      = "function.zip"
  function_name = "api-items-handler"
  role          = aws_iam_role.lambda_exec.arn
  handler       = "index.handler"
  runtime       = "nodejs20.x"
}
resource "aws_apigatewayv2_api" "http_api" {
  name          = "items-api"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_integration" "lambda" {
  api_id           = aws_apigatewayv2_api.http_api.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.api_handler.invoke_arn
}
"""
    found = read(tmp_path, {"serverless-api.tf": text})
    assert found.problems[:2] == [
        "warning: serverless-api.tf:5: aws_iam_role.lambda_exec is not defined, "
        "so role of aws_lambda_function.api_handler is left out",
        "warning: serverless-api.tf:13: no route leads to aws_apigatewayv2_integration.lambda, "
        "so no request gets to it",
    ]
    function = found.made.api.functions["ApiHandler"]
    assert function.code is not None and (function.code.root / "index.js").is_file()


def test_function_that_api_gateway_may_not_invoke_is_named_once(tmp_path: Path) -> None:
    for text, address in (
        (HTTP_API, "aws_apigatewayv2_integration.run"),
        (REST_API, "aws_api_gateway_method.create"),
        (HTTP_API + PERMISSION.replace("apigateway", "sns"), "aws_apigatewayv2_integration.run"),
    ):
        found = read(tmp_path, {"main.tf": text})
        named = f"no permission lets API Gateway invoke Run: on AWS {address} answers 500"
        (problem,) = (each for each in found.problems if "lets API Gateway" in each)
        assert problem.endswith(named)


REST_API = (
    TABLE_AND_FUNCTION
    + """
resource "aws_api_gateway_rest_api" "items" {
  name               = "items"
  binary_media_types = ["image/png"]
}
resource "aws_api_gateway_resource" "items" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  parent_id   = aws_api_gateway_rest_api.items.root_resource_id
  path_part   = "items"
}
resource "aws_api_gateway_model" "item" {
  rest_api_id  = aws_api_gateway_rest_api.items.id
  name         = "Item"
  content_type = "application/json"
  schema       = jsonencode({ type = "object", required = ["name"] })
}
resource "aws_api_gateway_request_validator" "body" {
  rest_api_id           = aws_api_gateway_rest_api.items.id
  name                  = "body"
  validate_request_body = true
}
resource "aws_api_gateway_method" "create" {
  rest_api_id          = aws_api_gateway_rest_api.items.id
  resource_id          = aws_api_gateway_resource.items.id
  http_method          = "POST"
  authorization        = "AWS_IAM"
  api_key_required     = true
  request_validator_id = aws_api_gateway_request_validator.body.id
  request_models       = { "application/json" = aws_api_gateway_model.item.name }
}
resource "aws_api_gateway_integration" "create" {
  rest_api_id             = aws_api_gateway_rest_api.items.id
  resource_id             = aws_api_gateway_resource.items.id
  http_method             = aws_api_gateway_method.create.http_method
  integration_http_method = "POST"
  type                    = "AWS"
  uri                     = aws_lambda_function.run.invoke_arn
  request_templates       = { "application/json" = "$input.json('$')" }
}
resource "aws_api_gateway_method_response" "created" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  resource_id = aws_api_gateway_resource.items.id
  http_method = aws_api_gateway_method.create.http_method
  status_code = "201"
}
resource "aws_api_gateway_integration_response" "created" {
  rest_api_id       = aws_api_gateway_rest_api.items.id
  resource_id       = aws_api_gateway_resource.items.id
  http_method       = aws_api_gateway_method.create.http_method
  status_code       = aws_api_gateway_method_response.created.status_code
  selection_pattern = ""
}
resource "aws_api_gateway_deployment" "items" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  triggers    = { redeployment = sha1(jsonencode(aws_api_gateway_rest_api.items.body)) }
}
resource "aws_api_gateway_stage" "v1" {
  rest_api_id   = aws_api_gateway_rest_api.items.id
  deployment_id = aws_api_gateway_deployment.items.id
  stage_name    = "v1"
  variables     = { size = 3 }
}
resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  stage_name  = aws_api_gateway_stage.v1.stage_name
  method_path = "items/POST"
  settings {
    throttling_rate_limit  = 2
    throttling_burst_limit = 1
  }
}
resource "aws_api_gateway_api_key" "client" {
  name  = "client"
  value = "0123456789abcdef0123"
}
resource "aws_api_gateway_usage_plan" "plan" {
  name = "plan"
  api_stages {
    api_id = aws_api_gateway_rest_api.items.id
    stage  = aws_api_gateway_stage.v1.stage_name
  }
  quota_settings {
    limit  = 10
    period = "DAY"
  }
}
resource "aws_api_gateway_usage_plan_key" "client" {
  key_id        = aws_api_gateway_api_key.client.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.plan.id
}
"""
)


def test_rest_api_keeps_its_methods_models_keys_and_limits(tmp_path: Path) -> None:
    found = read(tmp_path, {"main.tf": REST_API + PERMISSION})
    assert [each for each in found.problems if not each.startswith("warning: main.tf:1")] == []
    project = found.made
    (operation,) = project.api.operations
    assert (operation.route_key, operation.function, operation.iam) == ("POST /items", "Run", True)
    assert operation.api_key_required and operation.throttle is not None and operation.throttle.rate == 2
    assert project.api.document["paths"]["/items"]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Item"
    }
    assert (project.stage.stage_name, project.stage.variables) == ("v1", {"size": "3"})
    assert [(key.value, key.usage_plan) for key in project.stage.api_keys.values()] == [
        ("0123456789abcdef0123", "plan")
    ]


def test_api_of_a_definition_has_the_lines_of_its_file(tmp_path: Path) -> None:
    definition = """openapi: 3.0.1
info: {title: items, version: "1"}
paths:
  /items:
    get:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: ${uri}
"""
    text = TABLE_AND_FUNCTION + (
        'resource "aws_api_gateway_rest_api" "items" {\n name = "items"\n'
        ' body = templatefile("${path.module}/api.yaml", { uri = aws_lambda_function.run.invoke_arn })\n}\n'
        'resource "aws_api_gateway_deployment" "it" {\n rest_api_id = aws_api_gateway_rest_api.items.id\n'
        ' stage_name = "live"\n}\n'
    )
    project = read(tmp_path, {"main.tf": text, "api.yaml": definition}).made
    (operation,) = project.api.operations
    assert (operation.function, operation.source.file, operation.source.line) == ("Run", "api.yaml", 5)
    assert project.source_places.has(Path("api.yaml"))


def test_table_has_its_keys_indexes_stream_and_expiry(tmp_path: Path) -> None:
    text = """
resource "aws_dynamodb_table" "items" {
  name             = "items"
  hash_key         = "pk"
  range_key        = "sk"
  read_capacity    = 5
  write_capacity   = 6
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"
  dynamic "attribute" {
    for_each = { pk = "S", sk = "N", owner = "S" }
    content {
      name = attribute.key
      type = attribute.value
    }
  }
  global_secondary_index {
    name               = "byOwner"
    hash_key           = "owner"
    projection_type    = "INCLUDE"
    non_key_attributes = ["title"]
    read_capacity      = 1
    write_capacity     = 2
  }
  local_secondary_index {
    name            = "byOwnerLocal"
    range_key       = "owner"
    projection_type = "KEYS_ONLY"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
"""
    found = read(tmp_path, {"main.tf": text})
    table = found.made.resources.tables["ItemsTable"]
    assert table.name == "items"
    assert table.properties == {
        "TableName": "items",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "byOwner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "byOwnerLocal",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "owner", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    }


def test_role_has_the_statements_of_its_policies(tmp_path: Path) -> None:
    text = (
        TABLE_AND_FUNCTION
        + """
resource "aws_dynamodb_table" "items" {
  name         = "items"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.items.arn]
  }
}
resource "aws_iam_policy" "read" {
  name   = "read"
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.run.name
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_role_policy" "queue" {
  role   = aws_iam_role.run.id
  policy = <<EOF
{"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${aws_sqs_queue.jobs.arn}"}]}
EOF
}
resource "aws_sqs_queue" "jobs" {
  name_prefix = "jobs-"
}
"""
    )
    found = read(tmp_path, {"main.tf": text})
    assert found.problems == []
    policies = found.made.api.functions["Run"].policies
    queue = found.made.resources.others["JobsQueue"]
    assert [(each["Action"], each["Resource"]) for each in policies] == [
        (["sqs:SendMessage"], [queue.attributes["Arn"]]),
        (["dynamodb:GetItem"], ["arn:aws:dynamodb:us-east-1:000000000000:table/items"]),
    ]
    assert queue.physical_id.rpartition("/")[2].startswith("jobs-")


def test_queues_topics_buckets_rules_and_schedules_invoke_functions(tmp_path: Path) -> None:
    text = (
        TABLE_AND_FUNCTION
        + """
resource "aws_sqs_queue" "dead" { name = "dead" }
resource "aws_sqs_queue" "jobs" {
  name           = "jobs"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 3 })
}
resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn        = aws_sqs_queue.jobs.arn
  function_name           = aws_lambda_function.run.arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
  filter_criteria {
    filter { pattern = jsonencode({ body = { kind = ["a"] } }) }
  }
}
resource "aws_sns_topic" "news" { name = "news" }
resource "aws_sns_topic_subscription" "news" {
  topic_arn = aws_sns_topic.news.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.run.arn
}
resource "aws_s3_bucket" "files" { bucket = "files-of-mine" }
resource "aws_s3_bucket_notification" "files" {
  bucket = aws_s3_bucket.files.id
  lambda_function {
    lambda_function_arn = aws_lambda_function.run.arn
    events              = ["s3:ObjectCreated:*"]
    filter_suffix       = ".png"
  }
}
resource "aws_cloudwatch_event_rule" "made" {
  name          = "made"
  event_pattern = jsonencode({ source = ["my.app"] })
}
resource "aws_cloudwatch_event_target" "made" {
  rule = aws_cloudwatch_event_rule.made.name
  arn  = aws_lambda_function.run.arn
}
resource "aws_scheduler_schedule" "hourly" {
  name                = "hourly"
  schedule_expression = "rate(1 hours)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_lambda_function.run.arn
    role_arn = aws_iam_role.run.arn
    input    = jsonencode({ a = 1 })
  }
}
"""
    )
    found = read(tmp_path, {"main.tf": text})
    assert [each for each in found.problems if "may not" not in each] == []
    triggers = found.made.triggers.every
    kinds = {type(each): each for each in triggers}
    assert set(kinds) == {QueueTrigger, TopicTrigger, BucketTrigger, RuleTrigger, ScheduleTrigger}
    assert {each.function for each in triggers} == {"Run"}
    queue, bucket = kinds[QueueTrigger], kinds[BucketTrigger]
    assert isinstance(queue, QueueTrigger) and (queue.batch_size, queue.partial) == (5, True)
    assert isinstance(bucket, BucketTrigger) and (bucket.bucket, bucket.suffix) == ("files-of-mine", ".png")


def test_resources_that_are_not_emulated_are_named_once(tmp_path: Path) -> None:
    text = TABLE_AND_FUNCTION + (
        'resource "aws_elasticache_cluster" "cache" {}\nresource "aws_cloudwatch_log_group" "logs" {}\n'
        'resource "random_pet" "name" {}\nresource "aws_vpc" "one" {}\nresource "aws_vpc" "two" {}\n'
    )
    found = read(tmp_path, {"main.tf": text})
    assert found.problems == ["warning: main.tf:18: not emulated: aws_elasticache_cluster (cache), aws_vpc (2)"]
