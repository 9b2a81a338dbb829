'use strict';

// The context object. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html

// Return the members of a context that the environment variables give.
function functionMembers(variables) {
  return {
    functionVersion: variables.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: variables.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME,
  };
}

// Return the members of a context that an invocation's headers give.
function invocationMembers(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    clientContext: parse(headers['lambda-runtime-client-context']),
    identity: parse(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function parse(json) {
  return json ? JSON.parse(json) : undefined;
}

// Have the trace's variable name an invocation's trace.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-tracing.html
function setTrace(headers, variables) {
  const trace = headers['lambda-runtime-trace-id'];
  if (trace) {
    variables._X_AMZN_TRACE_ID = trace;
  } else {
    delete variables._X_AMZN_TRACE_ID;
  }
}

module.exports = { functionMembers, invocationMembers, setTrace };
