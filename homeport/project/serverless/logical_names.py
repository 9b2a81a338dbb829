"""The logical ids and names that the Serverless Framework gives to the resources that it makes.

https://www.serverless.com/framework/docs/providers/aws/guide/resources
"""

from __future__ import annotations

import re

REST_API = "ApiGatewayRestApi"
HTTP_API = "HttpApi"
WEBSOCKET_API = "WebsocketsApi"
EXECUTION_ROLE = "IamRoleLambdaExecution"
PYTHON_REQUIREMENTS_LAYER = "PythonRequirementsLambdaLayer"


def normal_name(name: str) -> str:
    """Return a function's or resource's name as it stands in logical ids: ``get-item`` is ``GetDashitem``."""
    return _upper_first(name.replace("-", "Dash").replace("_", "Underscore"))


def plain_name(name: str) -> str:
    """Return a name's letters and digits: ``photos.example`` is ``Photosexample``."""
    return _upper_first(re.sub(r"[^0-9A-Za-z]", "", name))


def function_id(name: str) -> str:
    """Return the logical id of a function's AWS::Lambda::Function."""
    return f"{normal_name(name)}LambdaFunction"


def path_name(path: str) -> str:
    """Return a path of a REST API as it stands in logical ids: ``items/{id}`` is ``ItemsIdVar``."""
    return "".join(_path_part(part) for part in path.split("/"))


def model_name(name: str) -> str:
    """Return a media type as it stands in logical ids: ``application/json`` is ``ApplicationJson``."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)
    return "".join(_upper_first(word) for word in words)


def route_name(route_key: str) -> str:
    """Return a route of an HTTP API as it stands in logical ids: ``GET /items/{id}`` is ``GetItemsIdVar``."""
    return "Default" if route_key == "*" else path_name(route_key)


def _path_part(part: str) -> str:
    named = re.sub(r"\{(.*)\}", r"\1Var", part.capitalize().replace("-", "Dash"))
    return plain_name(named)


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
