import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { ServiceError, operation, reply } from "../api.mjs";
import { client, table, taskId, taskInput } from "../tasks.mjs";

/** PUT /tasks/{taskId}: 200 with the task as it is now, 404 if there is none. */
export const handler = operation(async (event) => {
  const task = { taskId: taskId(event.pathParameters.taskId), ...taskInput(event) };
  const put = new PutCommand({ TableName: table, Item: task, ConditionExpression: "attribute_exists(taskId)" });
  try {
    await client.send(put);
  } catch (error) {
    if (error.name === "ConditionalCheckFailedException") throw new ServiceError(404, "there is no such task");
    throw error;
  }
  return reply(200, task);
});
