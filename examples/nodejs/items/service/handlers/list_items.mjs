// GET /items.

import { ScanCommand } from "@aws-sdk/lib-dynamodb";

import { badRequest, operation, reply } from "../http.mjs";
import { client, table } from "../items.mjs";

const MOST = 100;

export const handler = operation(async (event) => {
  const { limit = "25", cursor } = event.queryStringParameters ?? {};
  const Limit = /^[0-9]{1,3}$/.test(limit) ? Number(limit) : 0;
  if (Limit < 1 || Limit > MOST) throw badRequest(`limit: must be a whole number from 1 to ${MOST}`);
  const command = new ScanCommand({ TableName: table, Limit, ExclusiveStartKey: startKey(cursor) });
  const { Items, LastEvaluatedKey } = await client.send(command);
  return reply(200, { items: Items, nextCursor: LastEvaluatedKey && toCursor(LastEvaluatedKey) });
});

const toCursor = (key) => Buffer.from(key.itemId).toString("base64url");

const startKey = (cursor) => {
  if (cursor === undefined) return undefined;
  const key = { itemId: Buffer.from(cursor, "base64url").toString() };
  if (key.itemId === "" || toCursor(key) !== cursor) throw badRequest("cursor: is none of this API");
  return key;
};
