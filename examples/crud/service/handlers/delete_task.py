from service.api import Call, Response, ServiceError, operation
from service.tasks import table


@operation("deleteTask")
def handler(call: Call) -> Response:
    """DELETE /tasks/{taskId}: 204, 404 if there is no such task."""
    gone = table.delete_item(Key={"taskId": call.path["taskId"]}, ReturnValues="ALL_OLD")
    if "Attributes" not in gone:
        raise ServiceError(404, "there is no such task")
    return Response(204)
