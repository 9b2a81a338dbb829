"""Configurations of Terraform that run: one from an article, with a change of its files while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import running_stack
from tests.project.terraform.configurations import archive

pytestmark = pytest.mark.stack

# "Building a serverless REST API": a role that is not defined, and an integration without a route.
ARTICLE = """
resource "aws_dynamodb_table" "items" {
  name         = "api-items"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "PK"
  range_key    = "SK"
  attribute {
    name = "PK"
    type = "S"
  }
  attribute {
    name = "SK"
    type = "S"
  }
  point_in_time_recovery { enabled = true }
}
resource "aws_lambda_function" "api_handler" {
  filename                       = "function.zip"
  function_name                  = "api-items-handler"
  role                           = aws_iam_role.lambda_exec.arn
  handler                        = "index.handler"
  runtime                        = "nodejs20.x"
  reserved_concurrent_executions = 100
  environment {
    variables = {
      TABLE_NAME = aws_dynamodb_table.items.name
    }
  }
}
resource "aws_apigatewayv2_api" "http_api" {
  name          = "items-api"
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins = ["https://www.naveenteja.cloud"]
    allow_methods = ["GET", "POST", "DELETE"]
    allow_headers = ["Content-Type", "Authorization"]
  }
}
resource "aws_apigatewayv2_integration" "lambda" {
  api_id           = aws_apigatewayv2_api.http_api.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.api_handler.invoke_arn
}
"""
ROUTE = """
resource "aws_apigatewayv2_route" "any" {
  api_id    = aws_apigatewayv2_api.http_api.id
  route_key = "ANY /items"
  target    = "integrations/${aws_apigatewayv2_integration.lambda.id}"
}
resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.http_api.id
  name        = "$default"
  auto_deploy = true
}
"""


def test_configuration_of_an_article_runs_and_a_saved_file_is_live_in_the_next_request(tmp_path: Path) -> None:
    (tmp_path / "serverless-api.tf").write_text(ARTICLE, encoding="utf-8")
    archive(
        tmp_path / "function.zip",
        index="exports.handler = async () => ({statusCode: 200, body: process.env.TABLE_NAME})",
    )
    with running_stack(tmp_path, ("--reload",)) as stack:
        printed = stack.read_output()
        assert "no route leads to aws_apigatewayv2_integration.lambda" in printed
        assert "aws_iam_role.lambda_exec is not defined" in printed
        assert requests.get(f"{stack.url}/items", timeout=60).status_code == 404
        preflight = {"Origin": "https://www.naveenteja.cloud", "Access-Control-Request-Method": "GET"}
        allowed = requests.options(f"{stack.url}/items", headers=preflight, timeout=60).headers
        assert allowed["access-control-allow-origin"] == "https://www.naveenteja.cloud"
        (tmp_path / "routes.tf").write_text(ROUTE, encoding="utf-8")
        answer = requests.get(f"{stack.url}/items", timeout=60)
        assert (answer.status_code, answer.text) == (200, "api-items")
        assert sorted(each.name for each in tmp_path.iterdir() if each.name != ".homeport") == [
            *("function.zip", "routes.tf", "serverless-api.tf"),
        ]
