// GET /items.

import { ScanCommand } from "@aws-sdk/lib-dynamodb";

import { fromCursor, toCursor } from "../cursor.mjs";
import { badRequest, operation, reply } from "../http.mjs";
import { client, table } from "../items.mjs";

const MOST = 100;

export const handler = operation(async (event) => {
  const { limit = "25", cursor } = event.queryStringParameters ?? {};
  const Limit = /^[0-9]{1,3}$/.test(limit) ? Number(limit) : 0;
  if (Limit < 1 || Limit > MOST) throw badRequest(`limit: must be a whole number from 1 to ${MOST}`);
  const command = new ScanCommand({
    TableName: table,
    Limit,
    ExclusiveStartKey: cursor === undefined ? undefined : { itemId: fromCursor(cursor) },
  });
  const { Items, LastEvaluatedKey } = await client.send(command);
  return reply(200, { items: Items, nextCursor: LastEvaluatedKey && toCursor(LastEvaluatedKey.itemId) });
});
