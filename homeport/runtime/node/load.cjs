'use strict';

// The look-up of the handler. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
//
// Up to nodejs22.x a module is loaded by require, unless its file or its package.json says that it is an ES module.
// From nodejs24.x on every module is imported.

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const { pathToFileURL } = require('url');
const { HandlerNotFound, ImportModuleError, MalformedHandlerName, UserCodeSyntaxError } = require('./errors.cjs');

// The bottom of a require stack shows this path.
const requireAsLambda = createRequire('/var/runtime/index.mjs');

// Return the function that the Handler setting names. ``modern`` is nodejs24.x or later.
async function loadHandler(root, name, modern) {
  const { folder, file, members } = parseHandler(name);
  let loaded;
  try {
    loaded = await (modern ? importModule : loadModule)(root, folder, file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      const wrapped = new UserCodeSyntaxError(error);
      wrapped.stack = modern ? error.stack : wrapped.stack;
      throw wrapped;
    }
    throw error?.code === 'MODULE_NOT_FOUND' ? new ImportModuleError(error, { cause: error }) : error;
  }
  const handler = memberOf(loaded, members) || (modern && memberOf(loaded?.default, members));
  if (!handler) {
    throw new HandlerNotFound(`${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw new HandlerNotFound(`${name} is not a function`);
  }
  return handler;
}

// Return the parts of "folder/file.member.member".
function parseHandler(name) {
  if (name.includes('..')) {
    throw new MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(name);
  const dot = base.indexOf('.');
  if (dot < 0) {
    throw new MalformedHandlerName('Bad handler');
  }
  return { folder: name.slice(0, name.indexOf(base)), file: base.slice(0, dot), members: base.slice(dot + 1).split('.') };
}

function memberOf(module, members) {
  return members.reduce((value, member) => value?.[member], module);
}

async function importModule(root, folder, file) {
  const stem = path.resolve(root, folder, file);
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    if (fs.existsSync(stem + extension)) {
      return import(pathToFileURL(stem + extension));
    }
  }
  return requirePackage(root, folder, file);
}

async function loadModule(root, folder, file) {
  const stem = path.resolve(root, folder, file);
  if (fs.existsSync(stem)) {
    return requireAsLambda(stem);
  }
  for (const extension of ['.js', '.mjs', '.cjs']) {
    if (fs.existsSync(stem + extension)) {
      const isModule = extension === '.mjs' || (extension === '.js' && isInModulePackage(path.dirname(stem)));
      return isModule ? import(pathToFileURL(stem + extension)) : requireAsLambda(stem + extension);
    }
  }
  return requirePackage(root, folder, file);
}

// Return a module that is no file of the function: one of node_modules.
function requirePackage(root, folder, file) {
  return requireAsLambda(requireAsLambda.resolve(file, { paths: [root, path.resolve(root, folder)] }));
}

// Return whether the nearest package.json says "type": "module".
function isInModulePackage(folder) {
  if (folder.endsWith('/node_modules')) {
    return false;
  }
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder !== '/' && isInModulePackage(path.dirname(folder));
}

module.exports = { loadHandler };
