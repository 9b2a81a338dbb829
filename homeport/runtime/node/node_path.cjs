'use strict';

// NODE_PATH for ES modules. Node itself looks there for require alone; Lambda's Node looks there for both, after the
// function's own node_modules: that is how an ES module finds layers, and the SDK that Lambda brings.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-layers.html

const Module = require('module');
const path = require('path');
const { pathToFileURL } = require('url');

// Have imports look in the folders of NODE_PATH too.
function followNodePath(nodePath) {
  const folders = nodePath.split(':').filter(Boolean);
  if (Module.registerHooks) {
    Module.registerHooks({ resolve: (specifier, context, next) => resolveIn(folders, specifier, context, next) });
    return;
  }
  if (followInThisThread(folders)) {
    return;
  }
  const source = `
    const { createRequire } = await import('node:module');
    const { resolveIn } = createRequire(${JSON.stringify(__filename)})(${JSON.stringify(__filename)});
    export const resolve = (...parts) => resolveIn(${JSON.stringify(folders)}, ...parts);`;
  Module.register(`data:text/javascript,${encodeURIComponent(source)}`);
}

// Return what ``next`` resolves a specifier to, else what it does from one of the folders. Both may be promises.
function resolveIn(folders, specifier, context, next) {
  const again = (error) => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !isPackage(specifier)) {
      throw error;
    }
    return resolveFrom(folders, specifier, context, next, error);
  };
  try {
    const found = next(specifier, context);
    return typeof found.then === 'function' ? found.catch(again) : found;
  } catch (error) {
    return again(error);
  }
}

function resolveFrom([folder, ...others], specifier, context, next, error) {
  if (folder === undefined) {
    throw error;
  }
  const goOn = () => resolveFrom(others, specifier, context, next, error);
  // A package is looked for in the node_modules beside its importer.
  const beside = path.basename(folder) === 'node_modules' ? path.dirname(folder) : folder;
  try {
    const found = next(specifier, { ...context, parentURL: pathToFileURL(path.join(beside, 'index.mjs')).href });
    return typeof found.then === 'function' ? found.catch(goOn) : found;
  } catch {
    return goOn();
  }
}

function isPackage(specifier) {
  return !/^([./#]|[a-z][a-z\d+.-]*:)/i.test(specifier);
}

// Node 20 has hooks in a thread of their own alone, which make a cold start 100 ms longer. launch.py starts it with
// --expose-internals. Return whether its loader has the shape that is known.
function followInThisThread(folders) {
  if (!process.execArgv.includes('--expose-internals')) {
    return false;
  }
  process.execArgv = process.execArgv.filter((argument) => argument !== '--expose-internals');
  try {
    const loader = require('internal/modules/esm/loader').getOrInitializeCascadedLoader();
    const plain = loader.defaultResolve;
    if (typeof plain !== 'function') {
      return false;
    }
    loader.defaultResolve = function resolve(specifier, parentURL, attributes) {
      const next = (name, context) => plain.call(this, name, context.parentURL, attributes);
      return resolveIn(folders, specifier, { parentURL }, next);
    };
    return true;
  } catch {
    return false;
  }
}

module.exports = { followNodePath, resolveIn };
