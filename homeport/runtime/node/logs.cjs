'use strict';

// The console of Lambda's Node.js runtimes, in both log formats.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html

const fs = require('fs');
const util = require('util');
const { asError, errorLogText, stackLines } = require('./errors.cjs');

const STDOUT = 1;
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const METHODS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
// Lambda keeps these two under global symbols, where logging libraries read them.
const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId');
const TENANT_ID = Symbol.for('aws.lambda.runtime.tenantId');

// Replace the console's methods. Return a function that logs an error that ends an invocation, with a title.
// ``fallback`` stands for the request id while there is no request.
function patchConsole(variables, fallback) {
  const json = variables.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
  const entry = json ? jsonEntry : textEntry;
  const lowest = Math.max(0, LEVELS.indexOf(variables.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  for (const [method, level] of Object.entries(METHODS)) {
    const logged = LEVELS.indexOf(level) >= lowest;
    console[method] = logged ? (...values) => write(entry(level, globalThis[REQUEST_ID] ?? fallback, values)) : () => {};
  }
  console.log = console.info;
  if (json) {
    return (_title, error) => console.error(asError(error));
  }
  return (title, error) => console.error(title, errorLogText(asError(error)));
}

function setRequest(requestId, tenantId) {
  globalThis[REQUEST_ID] = requestId;
  globalThis[TENANT_ID] = tenantId;
}

function textEntry(level, requestId, values) {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...values)}\n`;
}

function jsonEntry(level, requestId, values) {
  const entry = { timestamp: new Date().toISOString(), level, requestId };
  const tenantId = globalThis[TENANT_ID];
  if (tenantId !== undefined && tenantId !== null) {
    entry.tenantId = tenantId;
  }
  if (values.length <= 1) {
    [entry.message] = values;
    try {
      return `${JSON.stringify(entry, (_key, value) => (value instanceof Error ? errorMembers(value) : value))}\n`;
    } catch {
      // A circle, or a BigInt.
      entry.message = util.format(entry.message);
      return `${JSON.stringify(entry)}\n`;
    }
  }
  entry.message = util.format(...values);
  const error = values.find((value) => value instanceof Error);
  return `${JSON.stringify(error ? { ...entry, ...ownMembers(error) } : entry)}\n`;
}

function errorMembers(error) {
  return { ...ownMembers(error), ...error };
}

function ownMembers(error) {
  const stackTrace = typeof error.stack === 'string' ? stackLines(error.stack) : error.stack;
  return { errorType: error.constructor?.name ?? 'UnknownError', errorMessage: error.message, stackTrace };
}

// Write a hint of the kit's, which AWS does not have.
function writeHint(hint) {
  if (hint) {
    write(`homeport: ${hint}\n`);
  }
}

// Write an entry at once: the process may end with the next instruction.
function write(entry) {
  let rest = Buffer.from(entry);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(STDOUT, rest));
    } catch (error) {
      // A process.stdout of the function has made the pipe non-blocking, and it is full.
      if (error.code !== 'EAGAIN') {
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

module.exports = { patchConsole, setRequest, writeHint };
