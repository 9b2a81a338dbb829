from boto3.dynamodb.conditions import Attr

from service.api import Call, Response, ServiceError, operation
from service.tasks import table


@operation("replaceTask")
def handler(call: Call) -> Response:
    """PUT /tasks/{taskId}: 200 with the task as it is now, 404 if there is none."""
    task = {"taskId": call.path["taskId"], "done": False, **call.body}
    try:
        table.put_item(Item=task, ConditionExpression=Attr("taskId").exists())
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        raise ServiceError(404, "there is no such task") from None
    return Response(200, task)
