# https://registry.terraform.io/modules/terraform-aws-modules/sns/aws/latest
variable "create" { default = true }
variable "name" { default = null }
variable "display_name" { default = null }
variable "fifo_topic" { default = false }
variable "content_based_deduplication" { default = false }
variable "subscriptions" { default = {} }

resource "aws_sns_topic" "this" {
  count                       = var.create ? 1 : 0
  name                        = var.name
  display_name                = var.display_name
  fifo_topic                  = var.fifo_topic
  content_based_deduplication = var.content_based_deduplication
}

resource "aws_sns_topic_subscription" "this" {
  for_each             = var.create ? var.subscriptions : {}
  topic_arn            = aws_sns_topic.this[0].arn
  protocol             = each.value.protocol
  endpoint             = each.value.endpoint
  filter_policy        = try(each.value.filter_policy, null)
  filter_policy_scope  = try(each.value.filter_policy_scope, null)
  raw_message_delivery = try(each.value.raw_message_delivery, null)
}

output "topic_arn" { value = try(aws_sns_topic.this[0].arn, null) }
output "topic_id" { value = try(aws_sns_topic.this[0].id, null) }
output "topic_name" { value = try(aws_sns_topic.this[0].name, null) }
output "subscriptions" { value = aws_sns_topic_subscription.this }
