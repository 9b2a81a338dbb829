# https://registry.terraform.io/modules/terraform-aws-modules/s3-bucket/aws/latest
variable "create_bucket" { default = true }
variable "bucket" { default = null }
variable "bucket_prefix" { default = null }
variable "versioning" { default = {} }
variable "cors_rule" { default = [] }

resource "aws_s3_bucket" "this" {
  count         = var.create_bucket ? 1 : 0
  bucket        = var.bucket
  bucket_prefix = var.bucket_prefix
}

resource "aws_s3_bucket_versioning" "this" {
  count  = var.create_bucket && try(var.versioning.enabled, var.versioning.status, null) != null ? 1 : 0
  bucket = aws_s3_bucket.this[0].id
  versioning_configuration {
    status = try(var.versioning.enabled ? "Enabled" : "Suspended", var.versioning.status)
  }
}

resource "aws_s3_bucket_cors_configuration" "this" {
  count  = var.create_bucket && length(try(jsondecode(var.cors_rule), var.cors_rule)) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this[0].id
  dynamic "cors_rule" {
    for_each = try(jsondecode(var.cors_rule), var.cors_rule)
    content {
      allowed_headers = try(cors_rule.value.allowed_headers, null)
      allowed_methods = cors_rule.value.allowed_methods
      allowed_origins = cors_rule.value.allowed_origins
      expose_headers  = try(cors_rule.value.expose_headers, null)
      max_age_seconds = try(cors_rule.value.max_age_seconds, null)
    }
  }
}

output "s3_bucket_id" { value = try(aws_s3_bucket.this[0].id, "") }
output "s3_bucket_arn" { value = try(aws_s3_bucket.this[0].arn, "") }
output "s3_bucket_bucket_domain_name" { value = try(aws_s3_bucket.this[0].bucket_domain_name, "") }
output "s3_bucket_bucket_regional_domain_name" { value = try(aws_s3_bucket.this[0].bucket_regional_domain_name, "") }
output "s3_bucket_region" { value = try(aws_s3_bucket.this[0].region, "") }
