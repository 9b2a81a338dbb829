# https://registry.terraform.io/modules/terraform-aws-modules/apigateway-v2/aws/latest
# Version 5 has routes with their integrations, older ones have integrations by route keys.
variable "create" { default = true }
variable "create_api_gateway" { default = true }
variable "create_routes_and_integrations" { default = true }
variable "create_default_stage" { default = true }
variable "create_stage" { default = true }
variable "name" { default = "" }
variable "description" { default = null }
variable "protocol_type" { default = "HTTP" }
variable "body" { default = null }
variable "route_key" { default = null }
variable "target" { default = null }
variable "credentials_arn" { default = null }
variable "cors_configuration" { default = null }
variable "disable_execute_api_endpoint" { default = null }
variable "routes" { default = {} }
variable "integrations" { default = {} }
variable "authorizers" { default = {} }
variable "stage_name" { default = "$default" }
variable "stage_variables" { default = {} }
variable "stage_default_route_settings" { default = {} }
variable "default_route_settings" { default = {} }
variable "stage_access_log_settings" { default = null }

locals {
  is_made = var.create && var.create_api_gateway
  routes  = { for key, route in merge(var.integrations, var.routes) : key => route if local.is_made && var.create_routes_and_integrations }
  backends = { for key, route in local.routes : key => try(route.integration, route) }
  limits  = [for each in [var.stage_default_route_settings, var.default_route_settings] : each if try(length(each), 0) > 0]
}

resource "aws_apigatewayv2_api" "this" {
  count                        = local.is_made ? 1 : 0
  name                         = var.name
  description                  = var.description
  protocol_type                = var.protocol_type
  body                         = var.body
  route_key                    = var.route_key
  target                       = var.target
  credentials_arn              = var.credentials_arn
  disable_execute_api_endpoint = var.disable_execute_api_endpoint
  dynamic "cors_configuration" {
    for_each = try(length(var.cors_configuration), 0) == 0 ? [] : [var.cors_configuration]
    content {
      allow_credentials = try(cors_configuration.value.allow_credentials, null)
      allow_headers     = try(cors_configuration.value.allow_headers, null)
      allow_methods     = try(cors_configuration.value.allow_methods, null)
      allow_origins     = try(cors_configuration.value.allow_origins, null)
      expose_headers    = try(cors_configuration.value.expose_headers, null)
      max_age           = try(cors_configuration.value.max_age, null)
    }
  }
}

resource "aws_apigatewayv2_authorizer" "this" {
  for_each                          = { for key, each in var.authorizers : key => each if local.is_made }
  api_id                            = aws_apigatewayv2_api.this[0].id
  name                              = try(coalesce(each.value.name, each.key), each.key)
  authorizer_type                   = try(each.value.authorizer_type, "REQUEST")
  authorizer_uri                    = try(each.value.authorizer_uri, null)
  authorizer_payload_format_version = try(each.value.authorizer_payload_format_version, null)
  authorizer_result_ttl_in_seconds  = try(each.value.authorizer_result_ttl_in_seconds, null)
  authorizer_credentials_arn        = try(each.value.authorizer_credentials_arn, null)
  enable_simple_responses           = try(each.value.enable_simple_responses, null)
  identity_sources                  = try(flatten([each.value.identity_sources]), null)
  dynamic "jwt_configuration" {
    for_each = try([each.value.jwt_configuration], length(each.value.audience) > 0 ? [each.value] : [], [])
    content {
      audience = try(jwt_configuration.value.audience, null)
      issuer   = try(jwt_configuration.value.issuer, null)
    }
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each               = local.backends
  api_id                 = aws_apigatewayv2_api.this[0].id
  integration_type       = try(each.value.type, each.value.integration_type, "AWS_PROXY")
  integration_subtype    = try(each.value.subtype, each.value.integration_subtype, null)
  integration_uri        = try(each.value.uri, each.value.lambda_arn, each.value.integration_uri, null)
  integration_method     = try(each.value.method, each.value.integration_method, null)
  connection_type        = try(each.value.connection_type, null)
  connection_id          = try(each.value.connection_id, null)
  credentials_arn        = try(each.value.credentials_arn, null)
  payload_format_version = try(each.value.payload_format_version, null)
  timeout_milliseconds   = try(each.value.timeout_milliseconds, null)
  request_parameters     = try(each.value.request_parameters, null)
  dynamic "response_parameters" {
    for_each = try(coalesce(each.value.response_parameters, []), [])
    content {
      status_code = response_parameters.value.status_code
      mappings    = response_parameters.value.mappings
    }
  }
}

resource "aws_apigatewayv2_route" "this" {
  for_each             = local.routes
  api_id               = aws_apigatewayv2_api.this[0].id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
  operation_name       = try(each.value.operation_name, null)
  authorization_type   = try(each.value.authorization_type, null)
  authorization_scopes = try(each.value.authorization_scopes, null)
  authorizer_id        = try(aws_apigatewayv2_authorizer.this[each.value.authorizer_key].id, each.value.authorizer_id, null)
}

resource "aws_apigatewayv2_stage" "this" {
  count           = local.is_made && var.create_stage && var.create_default_stage ? 1 : 0
  api_id          = aws_apigatewayv2_api.this[0].id
  name            = var.stage_name
  auto_deploy     = true
  stage_variables = var.stage_variables
  dynamic "default_route_settings" {
    for_each = local.limits
    content {
      throttling_burst_limit = try(default_route_settings.value.throttling_burst_limit, null)
      throttling_rate_limit  = try(default_route_settings.value.throttling_rate_limit, null)
    }
  }
}

output "api_id" { value = try(aws_apigatewayv2_api.this[0].id, "") }
output "api_arn" { value = try("arn:aws:apigateway:us-east-1::/apis/${aws_apigatewayv2_api.this[0].id}", "") }
output "api_endpoint" { value = try(aws_apigatewayv2_api.this[0].api_endpoint, "") }
output "api_execution_arn" { value = try(aws_apigatewayv2_api.this[0].execution_arn, "") }
output "apigatewayv2_api_id" { value = try(aws_apigatewayv2_api.this[0].id, "") }
output "apigatewayv2_api_arn" { value = try("arn:aws:apigateway:us-east-1::/apis/${aws_apigatewayv2_api.this[0].id}", "") }
output "apigatewayv2_api_api_endpoint" { value = try(aws_apigatewayv2_api.this[0].api_endpoint, "") }
output "apigatewayv2_api_execution_arn" { value = try(aws_apigatewayv2_api.this[0].execution_arn, "") }
output "apigatewayv2_authorizer_id" { value = { for key, each in aws_apigatewayv2_authorizer.this : key => each.id } }
output "authorizers" { value = aws_apigatewayv2_authorizer.this }
output "integrations" { value = aws_apigatewayv2_integration.this }
output "routes" { value = aws_apigatewayv2_route.this }
output "stage_id" { value = try(aws_apigatewayv2_stage.this[0].id, "") }
output "stage_arn" { value = try(aws_apigatewayv2_stage.this[0].execution_arn, "") }
output "stage_execution_arn" { value = try(aws_apigatewayv2_stage.this[0].execution_arn, "") }
output "stage_invoke_url" { value = try(aws_apigatewayv2_stage.this[0].invoke_url, "") }
output "default_apigatewayv2_stage_id" { value = try(aws_apigatewayv2_stage.this[0].id, "") }
output "default_apigatewayv2_stage_invoke_url" { value = try(aws_apigatewayv2_stage.this[0].invoke_url, "") }
output "default_apigatewayv2_stage_execution_arn" { value = try(aws_apigatewayv2_stage.this[0].execution_arn, "") }
output "domain_name_id" { value = "" }
