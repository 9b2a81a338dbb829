import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { ServiceError, operation, reply } from "../api.mjs";
import { client, table, taskId } from "../tasks.mjs";

/** GET /tasks/{taskId}: 200 with the task, 404 if there is none. */
export const handler = operation(async (event) => {
  const Key = { taskId: taskId(event.pathParameters.taskId) };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  if (Item === undefined) throw new ServiceError(404, "there is no such task");
  return reply(200, Item);
});
