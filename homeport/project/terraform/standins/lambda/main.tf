# https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws/latest
variable "create" { default = true }
variable "create_function" { default = true }
variable "create_layer" { default = false }
variable "create_role" { default = true }
variable "create_package" { default = true }
variable "function_name" { default = "" }
variable "handler" { default = "" }
variable "runtime" { default = "" }
variable "description" { default = "" }
variable "source_path" { default = null }
variable "local_existing_package" { default = null }
variable "s3_existing_package" { default = null }
variable "image_uri" { default = null }
variable "package_type" { default = "Zip" }
variable "environment_variables" { default = {} }
variable "timeout" { default = 3 }
variable "memory_size" { default = 128 }
variable "layers" { default = null }
variable "architectures" { default = null }
variable "reserved_concurrent_executions" { default = -1 }
variable "dead_letter_target_arn" { default = null }
variable "attach_dead_letter_policy" { default = false }
variable "tracing_mode" { default = null }
variable "lambda_role" { default = "" }
variable "role_name" { default = null }
variable "role_path" { default = null }
variable "role_permissions_boundary" { default = null }
variable "trusted_entities" { default = [] }
variable "attach_policy_statements" { default = false }
variable "policy_statements" { default = {} }
variable "attach_policy_json" { default = false }
variable "policy_json" { default = null }
variable "attach_policy_jsons" { default = false }
variable "policy_jsons" { default = [] }
variable "attach_policy" { default = false }
variable "policy" { default = null }
variable "attach_policies" { default = false }
variable "policies" { default = [] }
variable "attach_network_policy" { default = false }
variable "attach_tracing_policy" { default = false }
variable "allowed_triggers" { default = {} }
variable "event_source_mapping" { default = {} }
variable "create_async_event_config" { default = false }
variable "maximum_event_age_in_seconds" { default = null }
variable "maximum_retry_attempts" { default = null }
variable "destination_on_failure" { default = null }
variable "destination_on_success" { default = null }
variable "create_lambda_function_url" { default = false }
variable "authorization_type" { default = "NONE" }
variable "layer_name" { default = "" }
variable "compatible_runtimes" { default = [] }

locals {
  is_function = var.create && var.create_function && !var.create_layer
  has_role    = local.is_function && var.create_role
  sources     = var.source_path == null ? [] : flatten([var.source_path])
  # The first source of a package is the owner's own code.
  source      = length(local.sources) == 0 ? null : try(local.sources[0].path, local.sources[0])
  packed      = local.source == null ? var.local_existing_package : "builds/${coalesce(var.function_name, var.layer_name)}.zip"
  statements  = try(jsondecode(var.policy_statements), var.policy_statements)
}

data "archive_file" "package" {
  count       = local.source == null ? 0 : 1
  type        = "zip"
  source_dir  = local.source
  output_path = local.packed
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "lambda" {
  count                = local.has_role ? 1 : 0
  name                 = coalesce(var.role_name, var.function_name, "lambda")
  path                 = var.role_path
  permissions_boundary = var.role_permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "statements" {
  count = local.has_role && var.attach_policy_statements ? 1 : 0
  dynamic "statement" {
    for_each = local.statements
    content {
      sid           = try(statement.value.sid, null)
      effect        = try(statement.value.effect, "Allow")
      actions       = try(statement.value.actions, null)
      not_actions   = try(statement.value.not_actions, null)
      resources     = try(statement.value.resources, null)
      not_resources = try(statement.value.not_resources, null)
      dynamic "condition" {
        for_each = try(statement.value.condition, [])
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role_policy" "statements" {
  count  = local.has_role && var.attach_policy_statements ? 1 : 0
  name   = "${var.function_name}-inline"
  role   = aws_iam_role.lambda[0].name
  policy = data.aws_iam_policy_document.statements[0].json
}

resource "aws_iam_role_policy" "json" {
  count  = local.has_role && var.attach_policy_json ? 1 : 0
  name   = var.function_name
  role   = aws_iam_role.lambda[0].name
  policy = var.policy_json
}

resource "aws_iam_role_policy" "jsons" {
  count  = local.has_role && var.attach_policy_jsons ? length(var.policy_jsons) : 0
  name   = "${var.function_name}-${count.index}"
  role   = aws_iam_role.lambda[0].name
  policy = var.policy_jsons[count.index]
}

resource "aws_iam_role_policy" "dead_letter" {
  count = local.has_role && var.attach_dead_letter_policy ? 1 : 0
  name  = "${var.function_name}-dl"
  role  = aws_iam_role.lambda[0].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sns:Publish", "sqs:SendMessage"], Resource = var.dead_letter_target_arn }]
  })
}

resource "aws_iam_role_policy" "logs" {
  count = local.has_role ? 1 : 0
  name  = "${var.function_name}-logs"
  role  = aws_iam_role.lambda[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:aws:logs:*:*:log-group:/aws/lambda/${var.function_name}:*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "one" {
  count      = local.has_role && var.attach_policy ? 1 : 0
  role       = aws_iam_role.lambda[0].name
  policy_arn = var.policy
}

resource "aws_iam_role_policy_attachment" "many" {
  count      = local.has_role && var.attach_policies ? length(var.policies) : 0
  role       = aws_iam_role.lambda[0].name
  policy_arn = var.policies[count.index]
}

resource "aws_lambda_function" "this" {
  count                          = local.is_function ? 1 : 0
  function_name                  = var.function_name
  description                    = var.description
  handler                        = var.package_type == "Zip" ? var.handler : null
  runtime                        = var.package_type == "Zip" ? var.runtime : null
  package_type                   = var.package_type
  image_uri                      = var.image_uri
  filename                       = var.s3_existing_package == null ? local.packed : null
  s3_bucket                      = try(var.s3_existing_package.bucket, null)
  s3_key                         = try(var.s3_existing_package.key, null)
  role                           = var.create_role ? aws_iam_role.lambda[0].arn : var.lambda_role
  timeout                        = var.timeout
  memory_size                    = var.memory_size
  layers                         = var.layers
  architectures                  = var.architectures
  reserved_concurrent_executions = var.reserved_concurrent_executions
  environment {
    variables = var.environment_variables
  }
  dynamic "dead_letter_config" {
    for_each = var.dead_letter_target_arn == null ? [] : [var.dead_letter_target_arn]
    content {
      target_arn = dead_letter_config.value
    }
  }
}

resource "aws_lambda_layer_version" "this" {
  count               = var.create && var.create_layer ? 1 : 0
  layer_name          = var.layer_name
  compatible_runtimes = var.compatible_runtimes
  filename            = local.packed
}

resource "aws_lambda_permission" "triggers" {
  for_each      = local.is_function ? var.allowed_triggers : {}
  function_name = aws_lambda_function.this[0].function_name
  action        = try(each.value.action, "lambda:InvokeFunction")
  principal     = try(each.value.principal, "${each.value.service}.amazonaws.com", "")
  source_arn    = try(each.value.source_arn, null)
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each                           = local.is_function ? var.event_source_mapping : {}
  function_name                      = aws_lambda_function.this[0].arn
  event_source_arn                   = try(each.value.event_source_arn, null)
  batch_size                         = try(each.value.batch_size, null)
  maximum_batching_window_in_seconds = try(each.value.maximum_batching_window_in_seconds, null)
  enabled                            = try(each.value.enabled, true)
  starting_position                  = try(each.value.starting_position, null)
  parallelization_factor             = try(each.value.parallelization_factor, null)
  maximum_retry_attempts             = try(each.value.maximum_retry_attempts, null)
  maximum_record_age_in_seconds      = try(each.value.maximum_record_age_in_seconds, null)
  bisect_batch_on_function_error     = try(each.value.bisect_batch_on_function_error, null)
  function_response_types            = try(each.value.function_response_types, null)
  dynamic "filter_criteria" {
    for_each = try(flatten([each.value.filter_criteria]), [])
    content {
      filter {
        pattern = filter_criteria.value.pattern
      }
    }
  }
  dynamic "scaling_config" {
    for_each = try([each.value.scaling_config], [])
    content {
      maximum_concurrency = try(scaling_config.value.maximum_concurrency, null)
    }
  }
  dynamic "destination_config" {
    for_each = try([each.value.destination_arn_on_failure], [])
    content {
      on_failure {
        destination_arn = destination_config.value
      }
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count                        = local.is_function && var.create_async_event_config ? 1 : 0
  function_name                = aws_lambda_function.this[0].function_name
  maximum_event_age_in_seconds = var.maximum_event_age_in_seconds
  maximum_retry_attempts       = var.maximum_retry_attempts
  destination_config {
    dynamic "on_failure" {
      for_each = var.destination_on_failure == null ? [] : [var.destination_on_failure]
      content {
        destination = on_failure.value
      }
    }
    dynamic "on_success" {
      for_each = var.destination_on_success == null ? [] : [var.destination_on_success]
      content {
        destination = on_success.value
      }
    }
  }
}

resource "aws_lambda_function_url" "this" {
  count              = local.is_function && var.create_lambda_function_url ? 1 : 0
  function_name      = aws_lambda_function.this[0].function_name
  authorization_type = var.authorization_type
}

output "lambda_function_arn" { value = try(aws_lambda_function.this[0].arn, "") }
output "lambda_function_arn_static" { value = try(aws_lambda_function.this[0].arn, "") }
output "lambda_function_name" { value = try(aws_lambda_function.this[0].function_name, "") }
output "lambda_function_invoke_arn" { value = try(aws_lambda_function.this[0].invoke_arn, "") }
output "lambda_function_qualified_arn" { value = try(aws_lambda_function.this[0].qualified_arn, "") }
output "lambda_function_qualified_invoke_arn" { value = try(aws_lambda_function.this[0].qualified_invoke_arn, "") }
output "lambda_function_version" { value = try(aws_lambda_function.this[0].version, "") }
output "lambda_function_source_code_hash" { value = "" }
output "lambda_function_url" { value = try(aws_lambda_function_url.this[0].function_url, "") }
output "lambda_layer_arn" { value = try(aws_lambda_layer_version.this[0].arn, "") }
output "lambda_layer_layer_arn" { value = try(aws_lambda_layer_version.this[0].arn, "") }
output "lambda_layer_version" { value = try(aws_lambda_layer_version.this[0].version, "") }
output "lambda_role_arn" { value = try(aws_iam_role.lambda[0].arn, var.lambda_role) }
output "lambda_role_name" { value = try(aws_iam_role.lambda[0].name, "") }
output "lambda_cloudwatch_log_group_name" { value = "/aws/lambda/${var.function_name}" }
output "lambda_cloudwatch_log_group_arn" { value = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/${var.function_name}" }
output "local_filename" { value = local.packed }
output "s3_object" { value = var.s3_existing_package }
