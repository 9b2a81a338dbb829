// GET /hello.

import { problem, reply } from "../http.mjs";

const LONGEST = 50;

/** 200 with the stage's greeting for `name`, 400 if there is something wrong with the name. */
export const handler = async (event, context) => {
  const names = event.multiValueQueryStringParameters?.name ?? ["world"];
  const detail = wrong(names);
  if (detail) {
    return problem(400, "Bad Request", detail, context.awsRequestId);
  }
  const { stage } = event.requestContext;
  return reply(200, { greeting: `${event.stageVariables.greeting}, ${names[0]}!`, stage });
};

const wrong = ([name, ...others]) => {
  if (others.length > 0) return "name: must be given once";
  if (name === "") return "name: must have at least 1 character";
  return [...name].length > LONGEST ? `name: must have at most ${LONGEST} characters` : "";
};
