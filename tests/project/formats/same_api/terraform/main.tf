provider "aws" {
  region = "us-east-1"
}

locals {
  functions = {
    Create = { handler = "notes.create", actions = ["dynamodb:PutItem"], route = "notes", method = "POST" }
    List   = { handler = "notes.list_all", actions = ["dynamodb:Scan"], route = "notes", method = "GET" }
    Read   = { handler = "notes.read", actions = ["dynamodb:GetItem"], route = "note", method = "GET" }
    Delete = { handler = "notes.delete", actions = ["dynamodb:*Item"], route = "note", method = "DELETE" }
  }
  resources = {
    notes = aws_api_gateway_resource.notes.id
    note  = aws_api_gateway_resource.note.id
  }
}

resource "aws_dynamodb_table" "notes" {
  name         = "notes"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "noteId"

  attribute {
    name = "noteId"
    type = "S"
  }
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/code"
  output_path = "${path.module}/build/code.zip"
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each           = local.functions
  name               = "notes-${lower(each.key)}"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "table" {
  for_each = local.functions
  name     = "table"
  role     = aws_iam_role.function[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = each.value.actions, Resource = aws_dynamodb_table.notes.arn }]
  })
}

resource "aws_lambda_function" "notes" {
  for_each         = local.functions
  function_name    = "notes-${lower(each.key)}"
  role             = aws_iam_role.function[each.key].arn
  runtime          = "python3.13"
  handler          = each.value.handler
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256

  environment {
    variables = { NOTES_TABLE = aws_dynamodb_table.notes.name }
  }
}

resource "aws_iam_role" "authorize" {
  name               = "notes-authorize"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_lambda_function" "authorize" {
  function_name = "notes-authorize"
  role          = aws_iam_role.authorize.arn
  runtime       = "python3.13"
  handler       = "guard.authorize"
  filename      = data.archive_file.code.output_path
}

resource "aws_api_gateway_rest_api" "notes" {
  name = "notes"
}

resource "aws_api_gateway_resource" "notes" {
  rest_api_id = aws_api_gateway_rest_api.notes.id
  parent_id   = aws_api_gateway_rest_api.notes.root_resource_id
  path_part   = "notes"
}

resource "aws_api_gateway_resource" "note" {
  rest_api_id = aws_api_gateway_rest_api.notes.id
  parent_id   = aws_api_gateway_resource.notes.id
  path_part   = "{noteId}"
}

resource "aws_api_gateway_authorizer" "guard" {
  name           = "Guard"
  rest_api_id    = aws_api_gateway_rest_api.notes.id
  authorizer_uri = aws_lambda_function.authorize.invoke_arn
}

resource "aws_api_gateway_method" "notes" {
  for_each      = local.functions
  rest_api_id   = aws_api_gateway_rest_api.notes.id
  resource_id   = local.resources[each.value.route]
  http_method   = each.value.method
  authorization = each.key == "Delete" ? "CUSTOM" : "NONE"
  authorizer_id = each.key == "Delete" ? aws_api_gateway_authorizer.guard.id : null
}

resource "aws_api_gateway_integration" "notes" {
  for_each                = local.functions
  rest_api_id             = aws_api_gateway_rest_api.notes.id
  resource_id             = local.resources[each.value.route]
  http_method             = aws_api_gateway_method.notes[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.notes[each.key].invoke_arn
}

resource "aws_lambda_permission" "api" {
  for_each      = local.functions
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.notes[each.key].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.notes.execution_arn}/*/*"
}

resource "aws_lambda_permission" "authorizer" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.authorize.function_name
  principal     = "apigateway.amazonaws.com"
}

module "cors" {
  source      = "./cors"
  for_each    = { notes = "GET,POST", note = "GET,DELETE" }
  rest_api_id = aws_api_gateway_rest_api.notes.id
  resource_id = local.resources[each.key]
  methods     = each.value
}

resource "aws_api_gateway_deployment" "notes" {
  rest_api_id = aws_api_gateway_rest_api.notes.id
  depends_on  = [aws_api_gateway_integration.notes, module.cors]
}

resource "aws_api_gateway_stage" "local" {
  rest_api_id   = aws_api_gateway_rest_api.notes.id
  deployment_id = aws_api_gateway_deployment.notes.id
  stage_name    = "local"
}
