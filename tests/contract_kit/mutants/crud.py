"""Faults of the starting point of a new project: five operations over one table, whose errors have a message alone."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

_CREATE, _GET, _LIST, _REPLACE, _DELETE = (
    f"service/handlers/{name}.py" for name in ("create_task", "get_task", "list_tasks", "replace_task", "delete_task")
)
_API, _SPEC = "service/api.py", "openapi.yaml"

_NEW = '"done": False, **call.body}'
_PUT = "    table.put_item(Item=task)\n"
_REPLACED = 'task = {"taskId": call.path["taskId"], '
_GOT = '    found = table.get_item(Key={"taskId": call.path["taskId"]}, ConsistentRead=True)\n'
_MISSING = 'raise ServiceError(404, "there is no such task")'
_SCAN = '    page = table.scan(Limit=call.query["limit"], ConsistentRead=True, **start)\n'
_REMOVED = 'table.delete_item(Key={"taskId": call.path["taskId"]}, ReturnValues="ALL_OLD")'
_PUT_ACCESS = "summary: Replace a task\n      x-homeport: {access: {TasksTable: "
_CURSOR = '({"cursor": last["taskId"]} if last else {})'


def _fault(kind: str, name: str, promise: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, "crud", kind, promise, tuple(Edit(*edit) for edit in edits))


FAULTS = (
    _fault(
        "round-trip",
        "a task's title loses the blanks around it",
        "A text comes back as it was sent.",
        (_CREATE, _NEW, '"done": False, **call.body, "title": call.body["title"].strip()}'),
    ),
    _fault(
        "round-trip",
        "a new task is never done",
        "true comes back as true.",
        (_CREATE, _NEW, '**call.body, "done": False}'),
    ),
    _fault(
        "round-trip",
        "empty notes are left out",
        "An empty text comes back as an empty text.",
        (_CREATE, _NEW, '"done": False, **{name: value for name, value in call.body.items() if value}}'),
    ),
    _fault(
        "round-trip",
        "replaced notes are cut at 255 characters",
        "PUT keeps the whole of a text.",
        (
            _REPLACE,
            _NEW,
            '"done": False, **{key: value[:255] if key == "notes" else value for key, value in call.body.items()}}',
        ),
    ),
    _fault(
        "round-trip",
        "the line ends of notes become LF",
        "A text comes back as it was sent.",
        (
            _CREATE,
            _NEW,
            '"done": False, **call.body}\n    if "notes" in task:\n        task["notes"] = "\\n".join('
            'task["notes"].splitlines())',
        ),
    ),
    _fault(
        "methods",
        "PUT of a task keeps notes that are left out",
        "PUT replaces the whole of a resource.",
        (
            _REPLACE,
            _REPLACED,
            'old = table.get_item(Key={"taskId": call.path["taskId"]}).get("Item", {})\n    '
            'task = {**old, "taskId": call.path["taskId"], ',
        ),
        (_SPEC, f"{_PUT_ACCESS}[PutItem]", f"{_PUT_ACCESS}[GetItem, PutItem]"),
    ),
    _fault(
        "methods",
        "PUT of a task that is not there makes one and says 200",
        "What creates a resource answers 201.",
        (_REPLACE, ', ConditionExpression=Attr("taskId").exists()', ""),
    ),
    _fault(
        "methods",
        "a task is created with 200",
        "What creates a resource answers 201.",
        (_CREATE, "Response(201, ", "Response(200, "),
    ),
    _fault(
        "methods",
        "a deleted task stays",
        "What is deleted is not found any more.",
        (_DELETE, _REMOVED, 'table.get_item(Key={"taskId": call.path["taskId"]})'),
        (_DELETE, '"Attributes"', '"Item"'),
        (_SPEC, "access: {TasksTable: [DeleteItem]}", "access: {TasksTable: [GetItem]}"),
    ),
    _fault(
        "methods",
        "a task that never was is deleted with 204",
        "A request for a resource that does not exist is a 404.",
        (_DELETE, 'if "Attributes" not in gone:', 'if gone == "":'),
    ),
    _fault(
        "methods",
        "deleting a task answers with 200 and no body",
        "A response is a documented one.",
        (_DELETE, "Response(204)", "Response(200)"),
    ),
    _fault(
        "collections",
        "the cursor of tasks is lost",
        "The pages hold everything.",
        (_LIST, _CURSOR, "{}"),
    ),
    _fault(
        "collections",
        "the cursor of tasks is ignored",
        "The next page goes on after the one before.",
        (_LIST, 'if "cursor" in call.query else {}', "if call.body else {}"),
    ),
    _fault(
        "collections",
        "a page of tasks skips one",
        "The pages hold each task once.",
        (_LIST, 'Limit=call.query["limit"]', 'Limit=call.query["limit"] + 1'),
        (_LIST, 'page["Items"]}', 'page["Items"][: call.query["limit"]]}'),
    ),
    _fault(
        "collections",
        "the limit of tasks is ignored",
        "A page has no more than its limit.",
        (_LIST, 'Limit=call.query["limit"]', "Limit=25"),
    ),
    _fault(
        "collections",
        "tasks that are done are not listed",
        "A list has everything that can be read.",
        (_LIST, 'page["Items"]}', '[task for task in page["Items"] if not task["done"]]}'),
    ),
    _fault(
        "collections",
        "a list leaves out notes",
        "A list shows what a single read shows.",
        (
            _LIST,
            'page["Items"]}',
            '[{name: value for name, value in task.items() if name != "notes"} for task in page["Items"]]}',
        ),
    ),
    _fault(
        "under-faults",
        "tasks that can't be read are none",
        "A list that could not be read is no empty list.",
        (_LIST, _SCAN, f"    try:\n    {_SCAN}    except Exception:\n        page = {{'Items': []}}\n"),
    ),
    _fault(
        "under-faults",
        "a task that was not written is created",
        "A success is stored.",
        (_CREATE, _PUT, f"    try:\n    {_PUT}    except Exception:\n        print('not written')\n"),
    ),
    _fault(
        "under-faults",
        "an environment keeps the tasks that it has read",
        "A write is seen by every environment.",
        (_GET, '@operation("getTask")', '_seen: dict = {}\n\n\n@operation("getTask")'),
        (_GET, _GOT, '    found = _seen.get(call.path["taskId"]) or ' + _GOT.strip().removeprefix("found = ") + "\n"),
        (
            _GET,
            '    return Response(200, found["Item"])',
            '    _seen[call.path["taskId"]] = found\n    return Response(200, found["Item"])',
        ),
    ),
    _fault(
        "errors",
        "a missing task is a failure",
        "A request for a resource that does not exist is a 404.",
        (_GET, _MISSING, 'raise KeyError(call.path["taskId"])'),
    ),
    _fault(
        "errors",
        "a missing task is an empty one",
        "A request for a resource that does not exist is a 404.",
        (_GET, _MISSING, "return Response(200, {})"),
    ),
    _fault(
        "errors",
        "a missing task is a bad request",
        "A valid request for a resource that does not exist is a 404.",
        (_REPLACE, "ServiceError(404", "ServiceError(400"),
    ),
    _fault(
        "errors",
        "an invalid task is a failure",
        "An invalid request is a 4xx.",
        (_API, 'raise ServiceError(400, "; "', 'raise ServiceError(500, "; "'),
    ),
    _fault(
        "errors",
        "an error is a text and no object",
        "An error is a documented one.",
        (_API, '{"message": error.args[1]}, {}', "error.args[1], {}"),
    ),
    _fault(
        "wire",
        "the Location of a new task leads nowhere",
        "Location leads to what was made.",
        (_CREATE, 'f"{call.url_path}/', 'f"{call.url_path}s/'),
    ),
    _fault(
        "wire",
        "tasks are sent as text/html",
        "The content type is a documented one.",
        (_API, '"content-type": "application/json", **headers', '"content-type": "text/html", **headers'),
    ),
    _fault(
        "storage",
        "a task is stored under another id than it is answered with",
        "What POST answers is what is stored.",
        (_CREATE, "table.put_item(Item=task)", 'table.put_item(Item={**task, "taskId": uuid4().hex})'),
    ),
    _fault(
        "storage",
        "listTasks has the right to query instead",
        "An operation works with the rights that it says.",
        (_SPEC, "access: {TasksTable: [Scan]}", "access: {TasksTable: [Query]}"),
    ),
    _fault(
        "document",
        "the document says that done is a text",
        "The document describes what is answered.",
        (_SPEC, "done: {type: boolean}", "done: {type: string}"),
    ),
    _fault(
        "document",
        "a task's done has another default",
        "A property that is left out gets its documented default.",
        (_SPEC, "done: {type: boolean, default: false}", "done: {type: boolean, default: true}"),
    ),
    _fault(
        "document",
        "the document knows no cursor of a page",
        "A response has documented properties alone.",
        (_SPEC, '        cursor: {$ref: "#/components/schemas/TaskId"}\n', ""),
    ),
)
