from uuid import uuid4

from service.api import Call, Response, operation
from service.tasks import table


@operation("createTask")
def handler(call: Call) -> Response:
    """POST /tasks: 201 with the new task."""
    task = {"taskId": uuid4().hex, "done": False, **call.body}
    table.put_item(Item=task)
    return Response(201, task, {"location": f"{call.url_path}/{task['taskId']}"})
