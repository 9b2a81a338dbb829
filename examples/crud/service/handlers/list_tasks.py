from typing import Any

from service.api import Call, Response, operation
from service.tasks import table


@operation("listTasks")
def handler(call: Call) -> Response:
    """GET /tasks: 200 with a page of tasks, and a cursor if there may be more."""
    start: Any = {"ExclusiveStartKey": {"taskId": call.query["cursor"]}} if "cursor" in call.query else {}
    page = table.scan(Limit=call.query["limit"], ConsistentRead=True, **start)
    last = page.get("LastEvaluatedKey")
    return Response(200, {"tasks": page["Items"]} | ({"cursor": last["taskId"]} if last else {}))
