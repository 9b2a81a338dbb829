"""Terraform's types of resources as types of CloudFormation: which attribute is which property.

``kinds.py`` has the form of an entry; read it first. ``registry.py`` puts the entries of all services together. What is
more than a name for a name, ``homeport.project.terraform.translation`` does.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""
