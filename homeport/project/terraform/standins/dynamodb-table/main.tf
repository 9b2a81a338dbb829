# https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws/latest
variable "create_table" { default = true }
variable "name" { default = null }
variable "billing_mode" { default = "PAY_PER_REQUEST" }
variable "hash_key" { default = null }
variable "range_key" { default = null }
variable "attributes" { default = [] }
variable "read_capacity" { default = null }
variable "write_capacity" { default = null }
variable "global_secondary_indexes" { default = [] }
variable "local_secondary_indexes" { default = [] }
variable "stream_enabled" { default = false }
variable "stream_view_type" { default = null }
variable "ttl_enabled" { default = false }
variable "ttl_attribute_name" { default = "" }
variable "point_in_time_recovery_enabled" { default = false }
variable "table_class" { default = null }
variable "deletion_protection_enabled" { default = null }

resource "aws_dynamodb_table" "this" {
  count                       = var.create_table ? 1 : 0
  name                        = var.name
  billing_mode                = var.billing_mode
  hash_key                    = var.hash_key
  range_key                   = var.range_key
  read_capacity               = var.read_capacity
  write_capacity              = var.write_capacity
  stream_enabled              = var.stream_enabled
  stream_view_type            = var.stream_view_type
  table_class                 = var.table_class
  deletion_protection_enabled = var.deletion_protection_enabled
  dynamic "ttl" {
    for_each = var.ttl_enabled ? [var.ttl_attribute_name] : []
    content {
      enabled        = true
      attribute_name = ttl.value
    }
  }
  point_in_time_recovery {
    enabled = var.point_in_time_recovery_enabled
  }
  dynamic "attribute" {
    for_each = var.attributes
    content {
      name = attribute.value.name
      type = attribute.value.type
    }
  }
  dynamic "local_secondary_index" {
    for_each = var.local_secondary_indexes
    content {
      name               = local_secondary_index.value.name
      range_key          = local_secondary_index.value.range_key
      projection_type    = local_secondary_index.value.projection_type
      non_key_attributes = try(local_secondary_index.value.non_key_attributes, null)
    }
  }
  dynamic "global_secondary_index" {
    for_each = var.global_secondary_indexes
    content {
      name               = global_secondary_index.value.name
      hash_key           = try(global_secondary_index.value.hash_key, null)
      range_key          = try(global_secondary_index.value.range_key, null)
      projection_type    = global_secondary_index.value.projection_type
      non_key_attributes = try(global_secondary_index.value.non_key_attributes, null)
      read_capacity      = try(global_secondary_index.value.read_capacity, null)
      write_capacity     = try(global_secondary_index.value.write_capacity, null)
    }
  }
}

output "dynamodb_table_arn" { value = try(aws_dynamodb_table.this[0].arn, "") }
output "dynamodb_table_id" { value = try(aws_dynamodb_table.this[0].id, "") }
output "dynamodb_table_stream_arn" { value = try(aws_dynamodb_table.this[0].stream_arn, null) }
output "dynamodb_table_stream_label" { value = try(aws_dynamodb_table.this[0].stream_label, null) }
