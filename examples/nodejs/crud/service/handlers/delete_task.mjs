import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { ServiceError, operation, reply } from "../api.mjs";
import { client, table, taskId } from "../tasks.mjs";

/** DELETE /tasks/{taskId}: 204, 404 if there is no such task. */
export const handler = operation(async (event) => {
  const Key = { taskId: taskId(event.pathParameters.taskId) };
  const { Attributes } = await client.send(new DeleteCommand({ TableName: table, Key, ReturnValues: "ALL_OLD" }));
  if (Attributes === undefined) throw new ServiceError(404, "there is no such task");
  return reply(204);
});
