// Between API Gateway's events and the handlers. It reads those of HTTP APIs and of REST APIs.

/** An error that the client is told. */
export class ServiceError extends Error {
  constructor(status, title, detail) {
    super(detail);
    Object.assign(this, { status, title });
  }
}

export const badRequest = (detail) => new ServiceError(400, "Bad Request", detail);
export const notFound = (detail) => new ServiceError(404, "Not Found", detail);

/** The handler of an operation: its answer, or the problem details (RFC 9457) of a ServiceError. */
export const operation = (run) => async (event, context) => {
  try {
    return await run(event);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { status, title, message } = error;
    const detail = message.slice(0, 2000);
    const body = { type: "about:blank", title, status, detail, instance: `urn:uuid:${context.awsRequestId}` };
    return reply(status, body, { "content-type": "application/problem+json" });
  }
};

/** The answer for API Gateway; without a body if there is nothing to say. */
export const reply = (status, body, headers = {}) => ({
  statusCode: status,
  headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
  body: body === undefined ? "" : JSON.stringify(body),
});

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The request's body as JSON. A body whose content type is not JSON comes in base64. */
export const readJson = (event) => {
  const type = event.headers["content-type"] ?? event.headers["Content-Type"] ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) throw badRequest("the content type must be application/json");
  try {
    return JSON.parse(event.isBase64Encoded ? utf8.decode(Buffer.from(event.body, "base64")) : event.body);
  } catch {
    throw badRequest("the body is not JSON in UTF-8");
  }
};
