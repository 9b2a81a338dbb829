"""VTL, the template language of API Gateway: Apache Velocity 1.7 with bounds.

``parse`` reads a template once; ``Template.render`` fills it in as often as needed, from any thread. The package knows
the language alone: strings, numbers, lists and maps as Java prints them, and any ``TemplateObject`` that a caller hands
in. API Gateway's ``$input``, ``$util`` and ``$context`` are in ``homeport.gateway.mapping``.

The dialect is the one that recordings of API Gateway show: a reference without a value is the empty text, wherever it
stands (printed, compared, assigned, looped over), so that ``#if($missing)`` is true; ``#macro`` and ``#evaluate``,
``#parse`` and ``#include`` do nothing.

    cursor.py, parser.py, expressions.py    the text becomes nodes; linear in its length
    nodes.py, statements.py,                nodes become text
    expression_nodes.py, reference.py,
    operators.py
    values.py, methods/                     Java's values: how they print, compare, and what can be called on them
    limits.py                               every loop, string and pattern is charged to a meter

https://velocity.apache.org/engine/1.7/vtl-reference.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html
"""

from homeport.vtl.errors import LimitExceeded, TemplateError
from homeport.vtl.limits import DEFAULT_LIMITS, RenderLimits
from homeport.vtl.template import Template, parse
from homeport.vtl.values import TemplateObject

__all__ = ["DEFAULT_LIMITS", "LimitExceeded", "RenderLimits", "Template", "TemplateError", "TemplateObject", "parse"]
