// DELETE /items/{itemId}.

import { DeleteCommand } from "@aws-sdk/lib-dynamodb";

import { notFound, operation, reply } from "../http.mjs";
import { client, itemId, table } from "../items.mjs";

export const handler = operation(async (event) => {
  const command = new DeleteCommand({ TableName: table, Key: { itemId: itemId(event) }, ReturnValues: "ALL_OLD" });
  const { Attributes } = await client.send(command);
  if (Attributes === undefined) throw notFound("there is no such item");
  return reply(204);
});
