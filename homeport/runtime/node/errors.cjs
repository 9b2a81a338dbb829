'use strict';

// The errors of Lambda's Node.js runtimes, and their form for the caller and for the log.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html

const { isNativeError } = require('util').types;

const UNREADABLE = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
};

const HOOK_FRAME = /^ +at .*(\/node_path\.cjs:|internal\/modules\/customization_hooks:)/;

function errorClass(name) {
  const made = class extends Error {};
  made.prototype.name = `Runtime.${name}`;
  return made;
}

const ImportModuleError = errorClass('ImportModuleError');
const UserCodeSyntaxError = errorClass('UserCodeSyntaxError');
const HandlerNotFound = errorClass('HandlerNotFound');
const MalformedHandlerName = errorClass('MalformedHandlerName');
const MalformedStreamingHandler = errorClass('MalformedStreamingHandler');
const InvalidStreamingOperation = errorClass('InvalidStreamingOperation');
const CallbackHandlerDeprecated = errorClass('CallbackHandlerDeprecated');
const JSONStringifyError = errorClass('JSONStringifyError');

class NodeJsExit extends errorClass('NodeJsExit') {
  constructor() {
    super(
      'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise ' +
        'that was never settled. For more information, see ' +
        'https://nodejs.org/docs/latest/api/process.html#exit-codes',
    );
  }
}

class UnhandledPromiseRejection extends errorClass('UnhandledPromiseRejection') {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}

// Return the error payload for the caller.
function errorPayload(error) {
  try {
    if (isNativeError(error) || looksLikeError(error)) {
      return {
        errorType: asText(error.name),
        errorMessage: asText(error.message),
        trace: stackLines(error.stack),
      };
    }
    // Lambda's older runtimes fail with "handled" for null, before they come here.
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return UNREADABLE;
  }
}

function looksLikeError(value) {
  return Boolean(value) && ['name', 'message', 'stack'].every((key) => value[key] && typeof value[key] === 'string');
}

// Headers of the Runtime API can't hold DEL. This bootstrap has the path of AWS's.
function asText(text) {
  return text?.replaceAll('\x7F', '%7F').replaceAll(`${__dirname}/`, '/var/runtime/');
}

// Return the lines of a stack; the hook for imports leaves none.
function stackLines(stack) {
  return stack.split('\n').filter((line) => !HOOK_FRAME.test(line)).map(asText);
}

// Return an error as the text log shows it after its title: a tab and JSON.
function errorLogText(error) {
  try {
    return `\t${JSON.stringify(error, (_key, value) => withHiddenMembers(value))}`;
  } catch {
    return `\t${JSON.stringify(errorPayload(error))}`;
  }
}

// Return an object with an error's name, message, code and stack, which JSON.stringify passes over.
function withHiddenMembers(value) {
  if (!(value instanceof Error)) {
    return value;
  }
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.message === 'string') {
    shown.errorMessage = asText(value.message);
  }
  if (typeof value.stack === 'string') {
    shown.stack = stackLines(value.stack);
  }
  return shown;
}

function asError(value) {
  return value instanceof Error ? value : new Error(value);
}

module.exports = {
  CallbackHandlerDeprecated,
  HandlerNotFound,
  ImportModuleError,
  InvalidStreamingOperation,
  JSONStringifyError,
  MalformedHandlerName,
  MalformedStreamingHandler,
  NodeJsExit,
  UnhandledPromiseRejection,
  UserCodeSyntaxError,
  asError,
  errorLogText,
  errorPayload,
  stackLines,
};
