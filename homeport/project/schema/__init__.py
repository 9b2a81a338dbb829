"""Schemas of the OpenAPI document: following references, translation to JSON Schema, and sample values.

Every room of the kit that follows a ``$ref`` does it with ``references.py``; read that file first. ``json_schema.py``
translates OpenAPI's dialect into draft-07, and ``sample_value.py`` makes a value that keeps to a schema.
"""
