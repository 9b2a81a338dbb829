import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

import { ServiceError, readJson } from "./api.mjs";

export const table = process.env.TASKS_TABLE;
export const client = DynamoDBDocumentClient.from(new DynamoDBClient());

const isText = (value, least, most) =>
  typeof value === "string" && value.isWellFormed() && [...value].length >= least && [...value].length <= most;
const RULES = {
  title: [(value) => isText(value, 1, 100), "must be text of 1 to 100 characters"],
  notes: [(value) => value === undefined || isText(value, 0, 1000), "must be text of up to 1000 characters"],
  done: [(value) => value === undefined || typeof value === "boolean", "must be true or false"],
};

/** Return the text if it is the id of a task. */
export const taskId = (text) => {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new ServiceError(400, "the id of a task has 32 hexadecimal digits");
  return text;
};

/** Return the body of a request if openapi.yaml allows it, with its defaults. */
export const taskInput = (event) => {
  const body = readJson(event);
  if (body === null || typeof body !== "object" || Array.isArray(body)) throw new ServiceError(400, "must be an object");
  const wrong = Object.keys(body).filter((name) => !Object.hasOwn(RULES, name)).map((name) => `${name}: is not known`);
  for (const [name, [holds, rule]] of Object.entries(RULES)) if (!holds(body[name])) wrong.push(`${name}: ${rule}`);
  if (wrong.length > 0) throw new ServiceError(400, wrong.join("; "));
  return { done: false, ...body };
};
