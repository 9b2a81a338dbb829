"""openapi.yaml to the model: operations, functions, security schemes and API Gateway's extensions.

``api.py`` reads the whole document; read it first. Every problem is reported at its line, and reading continues.
"""
