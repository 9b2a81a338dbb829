from service.api import Call, Response, ServiceError, operation
from service.tasks import table


@operation("getTask")
def handler(call: Call) -> Response:
    """GET /tasks/{taskId}: 200 with the task, 404 if there is none."""
    found = table.get_item(Key={"taskId": call.path["taskId"]}, ConsistentRead=True)
    if "Item" not in found:
        raise ServiceError(404, "there is no such task")
    return Response(200, found["Item"])
