'use strict';

// The bootstrap of Lambda's Node.js runtimes: it loads the handler and serves invocations by the Runtime API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
//
// nodejs24.x has other rules than the runtimes before it: async_runtime.cjs has them, callback_runtime.cjs the older.

const path = require('path');
const { MalformedStreamingHandler } = require('./errors.cjs');
const { patchConsole } = require('./logs.cjs');
const { loadHandler } = require('./load.cjs');
const { RuntimeApi } = require('./runtime_api.cjs');
const { setEndpoints } = require('./sdk_v2.cjs');

const FIRST_WITHOUT_CALLBACKS = 24;
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

async function main(variables) {
  const folder = variables.HOMEPORT_CODE_FOLDER;
  delete variables.HOMEPORT_CODE_FOLDER;
  const modern = runtimeVersion(variables) >= FIRST_WITHOUT_CALLBACKS;
  const logError = patchConsole(variables, modern ? '-' : undefined);
  if (!['1', 'true'].includes(variables.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) {
    globalThis.awslambda = buildGlobal();
  }
  if (variables.NODE_PATH) {
    require('./node_path.cjs').followNodePath(variables.NODE_PATH);
  }
  const api = new RuntimeApi(variables.AWS_LAMBDA_RUNTIME_API);
  const { Runtime } = modern ? require('./async_runtime.cjs') : require('./callback_runtime.cjs');
  const runtime = new Runtime(api, logError, variables);
  runtime.watch();
  const root = variables.LAMBDA_TASK_ROOT ?? process.cwd();
  try {
    setEndpoints(root, path.dirname(variables._HANDLER), variables);
    const handler = await loadHandler(root, variables._HANDLER, modern);
    await runtime.start(handler, handlerSettings(handler));
  } catch (error) {
    runtime.failInit(error, require('./missing_modules.cjs').missingModuleHint(error, root, folder, variables._HANDLER));
  }
}

function runtimeVersion(variables) {
  const named = /^AWS_Lambda_nodejs(\d+)/.exec(variables.AWS_EXECUTION_ENV ?? '');
  return Number(named ? named[1] : process.versions.node.split('.')[0]);
}

// Return the global ``awslambda``, by which a handler says that it streams its response.
function buildGlobal() {
  return {
    streamifyResponse(handler, options) {
      handler[STREAMING] = 'response';
      if (typeof options?.highWaterMark === 'number') {
        handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
      }
      return handler;
    },
    get HttpResponseStream() {
      return require('./response_stream.cjs').HttpResponseStream;
    },
  };
}

function handlerSettings(handler) {
  const streaming = handler[STREAMING];
  if (streaming && streaming !== 'response') {
    throw new MalformedStreamingHandler('Only response streaming is supported.');
  }
  return { streaming: Boolean(streaming), highWaterMark: handler[HIGH_WATER_MARK] };
}

main(process.env);
