import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { ServiceError, operation, reply } from "../api.mjs";
import { client, table, taskId } from "../tasks.mjs";

/** GET /tasks: 200 with a page of tasks, and a cursor if there may be more. */
export const handler = operation(async (event) => {
  const { limit = "25", cursor } = event.queryStringParameters ?? {};
  if (!/^([1-9][0-9]?|100)$/.test(limit)) throw new ServiceError(400, "limit: must be a whole number from 1 to 100");
  const start = cursor === undefined ? {} : { ExclusiveStartKey: { taskId: taskId(cursor) } };
  const scan = new ScanCommand({ TableName: table, Limit: Number(limit), ConsistentRead: true, ...start });
  const { Items, LastEvaluatedKey } = await client.send(scan);
  return reply(200, { tasks: Items, cursor: LastEvaluatedKey?.taskId });
});
