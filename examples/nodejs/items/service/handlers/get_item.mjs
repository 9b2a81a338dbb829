// GET /items/{itemId}.

import { GetCommand } from "@aws-sdk/lib-dynamodb";

import { notFound, operation, reply } from "../http.mjs";
import { client, itemId, table } from "../items.mjs";

export const handler = operation(async (event) => {
  const Key = { itemId: itemId(event) };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  if (Item === undefined) throw notFound("there is no such item");
  return reply(200, Item);
});
