"""Stage variables in the URIs of integrations and authorizers: ``${stageVariables.name}``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


def fill_stage_variables(uri: str, variables: Mapping[str, str]) -> str:
    """Return a URI with the values of the stage variables it names; one without a value is nothing."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], ""), uri)
