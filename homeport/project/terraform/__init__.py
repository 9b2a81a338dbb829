"""Configurations of Terraform and OpenTofu, read as one template of CloudFormation; no provider runs.

``reader.py`` is the map. ``language/`` reads HCL, ``evaluation/`` works out its expressions, ``configuration/`` has
the modules with their resources, ``catalog/`` says which attribute is which property, and ``translation/`` makes the
template. ``standins/`` has small modules in the place of well-known ones of the registry.

https://developer.hashicorp.com/terraform/language
"""
