'use strict';

// Invocations up to nodejs22.x: async handlers, callbacks, and context.succeed, fail and done.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback

const { functionMembers, invocationMembers, setTrace } = require('./context.cjs');
const { NodeJsExit, UnhandledPromiseRejection, errorPayload } = require('./errors.cjs');
const { setRequest, writeHint } = require('./logs.cjs');

const UNCAUGHT_STATUS = 129;
const UNHANDLED_STATUS = 128;
const UNSETTLED_STATUS = 13;
const CALLBACK_WARNING =
  'AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. You will need to ' +
  'update this function to use an async handler to use Node.js 24 or later. For more information and to provide ' +
  'feedback on this change, see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To ' +
  'disable this warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.';
const nothing = () => {};

class Runtime {
  constructor(api, logError, variables) {
    this.api = api;
    this.logError = logError;
    this.variables = variables;
    this.ending = false;
    this.postFailure = (error) => api.failInit(errorPayload(error));
    // A module whose top-level await never settles ends Node with this status.
    this.onEmptyLoop = () => process.exit(UNSETTLED_STATUS);
  }

  // Report errors that nothing catches, from now on, also those of the initialisation.
  watch() {
    process.on('uncaughtException', (error) => this.end('Uncaught Exception', error, UNCAUGHT_STATUS));
    process.on('unhandledRejection', (reason, promise) => {
      const error = new UnhandledPromiseRejection(reason, promise);
      this.end('Unhandled Promise Rejection', error, UNHANDLED_STATUS);
    });
    process.on('beforeExit', () => this.onEmptyLoop());
  }

  failInit(error, hint) {
    this.end('Uncaught Exception', error, UNCAUGHT_STATUS, hint);
  }

  end(title, error, status, hint = '') {
    this.ending = true;
    this.logError(title, error);
    writeHint(hint);
    const exit = () => process.exit(status);
    this.postFailure(error).then(exit, exit);
  }

  start(handler, { streaming, highWaterMark }) {
    this.handler = handler;
    this.isAsync = handler.constructor?.name === 'AsyncFunction';
    this.highWaterMark = highWaterMark;
    if (handler.length === 3 && !this.isAsync && !streaming) {
      if (this.variables.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined) {
        console.warn(CALLBACK_WARNING);
      }
    }
    this.invoke = streaming ? this.invokeStreaming : this.invokeBuffered;
    this.serveNext();
  }

  // Ask for an invocation in the next turn of the event loop.
  serveNext() {
    this.onEmptyLoop = nothing;
    setImmediate(() => this.ending || this.serve(this.api.next()));
  }

  // Invoke the handler with what a request for an invocation gives.
  serve(asked) {
    this.onEmptyLoop = nothing;
    asked.then(
      ({ headers, event }) => {
        const id = headers['lambda-runtime-aws-request-id'];
        setRequest(id, headers['lambda-runtime-aws-tenant-id']);
        setTrace(headers, this.variables);
        this.postFailure = (error) => this.api.failLast(id, errorPayload(error));
        this.invoke(id, event, { ...functionMembers(this.variables), ...invocationMembers(headers) });
      },
      () => process.exit(1),
    );
  }

  invokeBuffered(id, event, members) {
    const [callback, context] = this.buildCallbacks(id);
    this.onEmptyLoop = () => (this.isAsync ? this.fail(id, new NodeJsExit()) : this.respond(id, null));
    try {
      const result = this.handler(JSON.parse(event), Object.assign(context, members), callback);
      if (typeof result?.then === 'function') {
        result.then(context.succeed, context.fail).catch(context.fail);
      }
    } catch (error) {
      callback(error);
    }
  }

  // Return the callback, and the context with its methods: of all of them the first call counts.
  buildCallbacks(id) {
    let waits = true;
    let finished = false;
    const first = (action) => (...values) => {
      if (!finished) {
        this.onEmptyLoop = nothing;
        action(...values);
        finished = true;
      }
    };
    const done = (error, result) => (isMissing(error) ? this.respond(id, result) : this.fail(id, error));
    const callback = (error, result) => {
      if (isMissing(error) && waits) {
        this.onEmptyLoop = () => setImmediate(done, null, result);
      } else {
        done(error, result);
      }
    };
    const context = {
      get callbackWaitsForEmptyEventLoop() {
        return waits;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waits = value;
      },
      succeed: first((result) => done(null, result)),
      fail: first((error) => done(isMissing(error) ? 'handled' : error)),
      done: first(done),
    };
    return [first(callback), context];
  }

  async invokeStreaming(id, event, members) {
    const { ResponseStream } = require('./response_stream.cjs');
    const stream = new ResponseStream(this.api, id, this.highWaterMark);
    let waits = true;
    const context = {
      get callbackWaitsForEmptyEventLoop() {
        return waits;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waits = value;
      },
    };
    try {
      const result = this.handler(JSON.parse(event), stream, Object.assign(context, members));
      if (typeof result?.then !== 'function') {
        throw 'Streaming does not support non-async handlers.';
      }
      if ((await result) !== undefined) {
        console.warn('Streaming handlers ignore return values.');
      }
      await stream.taken;
    } catch (error) {
      this.logError('Invoke Error', error);
      await stream.failWith(error).catch(nothing);
      this.serveNext();
      return;
    }
    if (waits) {
      this.onEmptyLoop = () => this.serveNext();
    } else {
      this.serveNext();
    }
  }

  // Raises an error where the result has no JSON.
  respond(id, result) {
    this.serve(this.api.respond(id, toJson(result)));
  }

  fail(id, error) {
    this.logError('Invoke Error', error);
    this.serve(this.api.fail(id, errorPayload(error)));
  }
}

function toJson(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

function isMissing(error) {
  return error === undefined || error === null;
}

module.exports = { Runtime };
