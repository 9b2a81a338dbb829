'use strict';

// The endpoints of the AWS SDK for JavaScript of version 2, which does not know the variables AWS_ENDPOINT_URL and
// AWS_ENDPOINT_URL_<SERVICE>: it would send a local function's requests to AWS.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
//
// Each client takes its settings from the global configuration when it is made, so the endpoints are put there.
// https://docs.aws.amazon.com/sdk-for-javascript/v2/developer-guide/global-config-object.html

const path = require('path');
const { createRequire } = require('module');

const PREFIX = 'AWS_ENDPOINT_URL';
// Services whose id is not the name of the client.
const CLIENTS = { sfn: 'stepfunctions', cognitoidentityprovider: 'cognitoidentityserviceprovider' };

// Configure the SDK that the handler's modules find, if there is one, before they make clients.
function setEndpoints(root, folder, variables) {
  const settings = endpointSettings(variables);
  if (Object.keys(settings).length === 0) {
    return;
  }
  const require = createRequire(path.join(root, 'index.js'));
  let file;
  try {
    file = require.resolve('aws-sdk/global', { paths: [path.resolve(root, folder), root] });
  } catch {
    return;
  }
  // aws-sdk/global has no clients, and loads in a quarter of the time of aws-sdk.
  require(file).config?.update?.(settings, true);
}

// Return the settings that stand for the variables.
function endpointSettings(variables) {
  const settings = {};
  for (const [name, url] of Object.entries(variables)) {
    if (name === PREFIX && url) {
      // By default a bucket's name is a part of the host name, which would not lead to this machine.
      Object.assign(settings, { endpoint: url, s3ForcePathStyle: true });
    } else if (name.startsWith(`${PREFIX}_`) && url) {
      const service = name.slice(PREFIX.length + 1).replaceAll('_', '').toLowerCase();
      settings[CLIENTS[service] ?? service] = { endpoint: url };
    }
  }
  return settings;
}

module.exports = { setEndpoints };
