'use strict';

// Invocations from nodejs24.x on: a handler answers by its result alone, and nothing waits for an empty event loop.
// https://aws.amazon.com/blogs/compute/node-js-24-runtime-now-available-in-aws-lambda/

const { functionMembers, invocationMembers, setTrace } = require('./context.cjs');
const { CallbackHandlerDeprecated, JSONStringifyError, errorPayload } = require('./errors.cjs');
const { InvokeStore } = require('./invoke_store.cjs');
const { setRequest, writeHint } = require('./logs.cjs');

class Runtime {
  constructor(api, logError, variables) {
    this.api = api;
    this.logError = logError;
    this.variables = variables;
    this.store = new InvokeStore();
    if (globalThis.awslambda) {
      globalThis.awslambda.InvokeStore = this.store;
    }
  }

  // Errors that nothing catches end Node as they do anywhere else.
  watch() {}

  async failInit(error, hint) {
    this.logError('Init Error', showName(error));
    writeHint(hint);
    await this.api.failInit(errorPayload(error)).catch(() => {});
    process.exit(1);
  }

  async start(handler, { streaming, highWaterMark }) {
    if (handler.length >= 3 && !streaming) {
      throw new CallbackHandlerDeprecated(
        'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You ' +
          'need to modify this function to use a supported handler signature to use Node.js 24 or later. For more ' +
          'information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
      );
    }
    this.handler = handler;
    this.highWaterMark = highWaterMark;
    this.serve(streaming).catch(() => process.exit(1));
  }

  async serve(streaming) {
    for (this.asked = this.api.next(); ; ) {
      const { headers, event } = await this.asked;
      const id = headers['lambda-runtime-aws-request-id'];
      const trace = headers['lambda-runtime-trace-id'];
      const tenantId = headers['lambda-runtime-aws-tenant-id'];
      setRequest(id, tenantId);
      setTrace(headers, this.variables);
      const context = { ...invocationMembers(headers), xRayTraceId: trace, ...functionMembers(this.variables) };
      const invoke = streaming ? this.invokeStreaming : this.invokeBuffered;
      await this.store.run(InvokeStore.fields(id, trace, tenantId), () => invoke.call(this, id, JSON.parse(event), context));
    }
  }

  async invokeBuffered(id, event, context) {
    let json;
    try {
      json = toJson(await this.handler(event, context));
      await nextTurn();
    } catch (error) {
      await nextTurn();
      this.logError('Invoke Error', showName(error));
      this.asked = this.api.fail(id, errorPayload(error));
      return;
    }
    this.asked = this.api.respond(id, json);
  }

  async invokeStreaming(id, event, context) {
    const { ResponseStream } = require('./response_stream.cjs');
    const stream = new ResponseStream(this.api, id, this.highWaterMark);
    try {
      const result = this.handler(event, stream, context);
      if (typeof result?.then !== 'function') {
        throw new Error('Streaming does not support non-async handlers.');
      }
      if ((await result) !== undefined) {
        console.warn('Streaming handlers ignore return values.');
      }
      await stream.taken;
    } catch (error) {
      await nextTurn();
      this.logError('Invoke Error', showName(error));
      await stream.failWith(error);
    }
    this.asked = this.api.next();
  }
}

// Give an error of the runtime's own a name that the log shows beside its type, as these runtimes do.
function showName(error) {
  if (error instanceof Error && error.name.startsWith('Runtime.')) {
    error.name = String(error.name);
  }
  return error;
}

function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve));
}

function toJson(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new JSONStringifyError('Unable to stringify response body');
  }
}

module.exports = { Runtime };
