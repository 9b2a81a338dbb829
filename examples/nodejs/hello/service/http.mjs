// Between API Gateway's proxy events and the handlers.

/** The answer for API Gateway; without a body if there is nothing to say. */
export const reply = (status, body, headers = {}) => ({
  statusCode: status,
  headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
  body: body === undefined ? "" : JSON.stringify(body),
});

/** Problem details (RFC 9457). */
export const problem = (status, title, detail, requestId) =>
  reply(
    status,
    { type: "about:blank", title, status, detail: detail.slice(0, 2000), instance: `urn:uuid:${requestId}` },
    { "content-type": "application/problem+json" },
  );
