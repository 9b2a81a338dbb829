# https://registry.terraform.io/modules/terraform-aws-modules/sqs/aws/latest
variable "create" { default = true }
variable "create_dlq" { default = false }
variable "name" { default = null }
variable "dlq_name" { default = null }
variable "fifo_queue" { default = false }
variable "content_based_deduplication" { default = null }
variable "visibility_timeout_seconds" { default = null }
variable "message_retention_seconds" { default = null }
variable "delay_seconds" { default = null }
variable "receive_wait_time_seconds" { default = null }
variable "redrive_policy" { default = {} }

locals {
  name    = try(trimsuffix(var.name, ".fifo"), null)
  redrive = try(jsondecode(var.redrive_policy), var.redrive_policy)
  suffix  = var.fifo_queue ? ".fifo" : ""
}

resource "aws_sqs_queue" "this" {
  count                       = var.create ? 1 : 0
  name                        = local.name == null ? null : "${local.name}${local.suffix}"
  fifo_queue                  = var.fifo_queue
  content_based_deduplication = var.content_based_deduplication
  visibility_timeout_seconds  = var.visibility_timeout_seconds
  message_retention_seconds   = var.message_retention_seconds
  delay_seconds               = var.delay_seconds
  receive_wait_time_seconds   = var.receive_wait_time_seconds
  redrive_policy = var.create_dlq ? jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dlq[0].arn
    maxReceiveCount     = try(local.redrive.maxReceiveCount, 5)
  }) : try(length(local.redrive) > 0 ? jsonencode(local.redrive) : null, null)
}

resource "aws_sqs_queue" "dlq" {
  count      = var.create && var.create_dlq ? 1 : 0
  name       = coalesce(var.dlq_name, "${local.name}-dlq${local.suffix}")
  fifo_queue = var.fifo_queue
}

output "queue_arn" { value = try(aws_sqs_queue.this[0].arn, null) }
output "queue_arn_static" { value = try(aws_sqs_queue.this[0].arn, null) }
output "queue_id" { value = try(aws_sqs_queue.this[0].id, null) }
output "queue_url" { value = try(aws_sqs_queue.this[0].url, null) }
output "queue_name" { value = try(aws_sqs_queue.this[0].name, null) }
output "dead_letter_queue_arn" { value = try(aws_sqs_queue.dlq[0].arn, null) }
output "dead_letter_queue_id" { value = try(aws_sqs_queue.dlq[0].id, null) }
output "dead_letter_queue_url" { value = try(aws_sqs_queue.dlq[0].url, null) }
output "dead_letter_queue_name" { value = try(aws_sqs_queue.dlq[0].name, null) }
