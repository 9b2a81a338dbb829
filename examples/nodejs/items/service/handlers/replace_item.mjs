// PUT /items/{itemId}.

import { UpdateCommand } from "@aws-sdk/lib-dynamodb";

import { notFound, operation, readJson, reply } from "../http.mjs";
import { client, itemId, itemInput, table } from "../items.mjs";

export const handler = operation(async (event) => {
  const Key = { itemId: itemId(event) };
  const { name, description } = itemInput(readJson(event));
  const change = "SET #name = :name, updatedAt = :now";
  const command = new UpdateCommand({
    TableName: table,
    Key,
    ConditionExpression: "attribute_exists(itemId)",
    UpdateExpression:
      description === undefined ? `${change} REMOVE description` : `${change}, description = :description`,
    ExpressionAttributeNames: { "#name": "name" },
    ExpressionAttributeValues: { ":name": name, ":now": new Date().toISOString(), ":description": description },
    ReturnValues: "ALL_NEW",
  });
  try {
    const { Attributes } = await client.send(command);
    return reply(200, Attributes);
  } catch (error) {
    if (error.name === "ConditionalCheckFailedException") throw notFound("there is no such item");
    throw error;
  }
});
