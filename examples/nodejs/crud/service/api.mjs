// Between API Gateway's events and the handlers.

/** An error response: its status, and the message that the client sees. */
export class ServiceError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Return a Lambda handler that answers with what `answer` returns, or with the ServiceError that it throws. */
export const operation = (answer) => async (event) => {
  try {
    return await answer(event);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return reply(error.status, { message: error.message });
  }
};

/** Return a response for API Gateway. Without a body it has none. */
export const reply = (statusCode, body, headers = {}) =>
  body === undefined
    ? { statusCode, headers }
    : { statusCode, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };

/** Return the JSON value of a request's body. */
export const readJson = (event) => {
  const type = event.headers["content-type"] ?? event.headers["Content-Type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new ServiceError(400, "the content type must be application/json");
  try {
    const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
    return JSON.parse(text);
  } catch {
    throw new ServiceError(400, "the body is not JSON");
  }
};
