import { randomUUID } from "node:crypto";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { operation, reply } from "../api.mjs";
import { client, table, taskInput } from "../tasks.mjs";

/** POST /tasks: 201 with the new task. */
export const handler = operation(async (event) => {
  const task = { taskId: randomUUID().replaceAll("-", ""), ...taskInput(event) };
  await client.send(new PutCommand({ TableName: table, Item: task }));
  return reply(201, task, { location: `${event.rawPath ?? event.requestContext.path}/${task.taskId}` });
});
