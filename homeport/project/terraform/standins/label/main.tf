# https://registry.terraform.io/modules/cloudposse/label/null/latest
variable "enabled" { default = null }
variable "namespace" { default = null }
variable "tenant" { default = null }
variable "environment" { default = null }
variable "stage" { default = null }
variable "name" { default = null }
variable "attributes" { default = [] }
variable "delimiter" { default = null }
variable "tags" { default = {} }
variable "context" { default = {} }

locals {
  given = {
    for key, value in {
      enabled     = var.enabled
      namespace   = var.namespace
      tenant      = var.tenant
      environment = var.environment
      stage       = var.stage
      name        = var.name
      delimiter   = var.delimiter
    } : key => value != null ? value : try(var.context[key], null)
  }
  enabled    = local.given.enabled == null ? true : local.given.enabled
  delimiter  = local.given.delimiter == null ? "-" : local.given.delimiter
  attributes = compact(distinct(concat(try(coalesce(var.context.attributes, []), []), var.attributes == null ? [] : var.attributes)))
  tags       = merge(try(var.context.tags, {}), var.tags)
  parts      = [for key in ["namespace", "tenant", "environment", "stage", "name"] : local.given[key] if local.given[key] != null && local.given[key] != ""]
  id         = lower(join(local.delimiter, concat(local.parts, local.attributes)))
}

output "id" { value = local.enabled ? local.id : "" }
output "id_full" { value = local.enabled ? local.id : "" }
output "enabled" { value = local.enabled }
output "namespace" { value = local.given.namespace == null ? "" : local.given.namespace }
output "tenant" { value = local.given.tenant == null ? "" : local.given.tenant }
output "environment" { value = local.given.environment == null ? "" : local.given.environment }
output "stage" { value = local.given.stage == null ? "" : local.given.stage }
output "name" { value = local.given.name == null ? "" : local.given.name }
output "delimiter" { value = local.delimiter }
output "attributes" { value = local.attributes }
output "tags" { value = local.tags }
output "tags_as_list_of_maps" { value = [] }
output "context" { value = merge(local.given, { enabled = local.enabled, attributes = local.attributes, tags = local.tags }) }
