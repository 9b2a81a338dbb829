variable "rest_api_id" { type = string }
variable "resource_id" { type = string }
variable "methods" { type = string }

locals {
  headers = {
    "method.response.header.Access-Control-Allow-Origin"  = "'https://notes.example'"
    "method.response.header.Access-Control-Allow-Methods" = "'${var.methods}'"
    "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type'"
  }
}

resource "aws_api_gateway_method" "options" {
  rest_api_id   = var.rest_api_id
  resource_id   = var.resource_id
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "options" {
  rest_api_id       = var.rest_api_id
  resource_id       = var.resource_id
  http_method       = aws_api_gateway_method.options.http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_method_response" "options" {
  rest_api_id         = var.rest_api_id
  resource_id         = var.resource_id
  http_method         = aws_api_gateway_method.options.http_method
  status_code         = "200"
  response_parameters = { for name, _ in local.headers : name => true }
}

resource "aws_api_gateway_integration_response" "options" {
  rest_api_id         = var.rest_api_id
  resource_id         = var.resource_id
  http_method         = aws_api_gateway_method.options.http_method
  status_code         = aws_api_gateway_method_response.options.status_code
  response_parameters = local.headers
}
