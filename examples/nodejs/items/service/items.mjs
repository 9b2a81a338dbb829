// Items: what may be in one, and the table that keeps them.

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

import { badRequest } from "./http.mjs";

export const table = process.env.ITEMS_TABLE;
export const client = DynamoDBDocumentClient.from(new DynamoDBClient(), {
  marshallOptions: { removeUndefinedValues: true },
});

const LENGTHS = { name: [1, 100], description: [0, 1000] };
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The id in the path. Throws badRequest for one that no item can have. */
export const itemId = (event) => {
  const id = event.pathParameters.itemId;
  if (!ID.test(id)) throw badRequest("itemId: must be up to 64 letters, digits, - and _");
  return id;
};

/** What a client may write of an item. Throws badRequest that names everything that is wrong. */
export const itemInput = (body) => {
  if (body === null || typeof body !== "object" || Array.isArray(body)) throw badRequest("the body must be an object");
  const wrong = Object.keys(body).filter((key) => !(key in LENGTHS)).map((key) => `${key}: is not known`);
  if (body.name === undefined) wrong.push("name: is required");
  for (const [key, [least, most]] of Object.entries(LENGTHS)) {
    const value = body[key];
    if (value === undefined) continue;
    // A half of a surrogate pair is no text that DynamoDB could keep.
    const length = typeof value === "string" && value.isWellFormed() ? [...value].length : -1;
    if (length < least || length > most) wrong.push(`${key}: must be text of ${least} to ${most} characters`);
  }
  if (wrong.length > 0) throw badRequest(wrong.join("; "));
  return { name: body.name, description: body.description };
};
