"""Mapping templates: what API Gateway offers to VTL in a REST API's integrations.

``render`` fills in a template with ``$input``, ``$util``, ``$context`` and ``$stageVariables`` of a ``TemplateScope``.
The language itself is in ``homeport.vtl``; ``json_path`` serves parameter mappings too.

    scope.py            TemplateScope and ``render``
    input.py, util.py   ``$input`` and ``$util``
    json_reader.py      JSON as leniently as API Gateway reads it
    json_values.py      arrays that print as JSON, and the text of ``$input.json``
    json_path.py        JSONPath as Jayway's JsonPath has it; filters are in json_filter.py

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from homeport.gateway.mapping.errors import BodyNotReadable, JsonPathError
from homeport.gateway.mapping.json_path import json_path
from homeport.gateway.mapping.json_reader import read_json
from homeport.gateway.mapping.scope import TemplateScope, render

__all__ = ["BodyNotReadable", "JsonPathError", "TemplateScope", "json_path", "read_json", "render"]
