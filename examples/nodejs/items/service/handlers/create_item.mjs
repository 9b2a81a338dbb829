// POST /items.

import { randomUUID } from "node:crypto";

import { PutCommand } from "@aws-sdk/lib-dynamodb";

import { operation, readJson, reply } from "../http.mjs";
import { client, itemInput, table } from "../items.mjs";

export const handler = operation(async (event) => {
  const now = new Date().toISOString();
  const item = { itemId: randomUUID(), ...itemInput(readJson(event)), createdAt: now, updatedAt: now };
  await client.send(new PutCommand({ TableName: table, Item: item }));
  return reply(201, item, { location: `/items/${item.itemId}` });
});
