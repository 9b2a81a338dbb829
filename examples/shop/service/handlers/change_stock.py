"""POST /admin/products/{productId}/stock."""

from __future__ import annotations

from service import catalogue
from service.operation import operation
from service.proxy import Response
from service.table import sent_once
from service.validation import Call

_table = sent_once()


@operation("changeStock")
def handler(call: Call) -> Response:
    """200 with the product, 404 if there is none, 409 if there is too little of it."""
    return Response(200, catalogue.change_stock(_table, call.path["productId"], call.body["change"]))
