'use strict';

// Hints for a module that a function can't import.
//
// A name that the function's code has, or nearly has, is never called a package: whoever installs a package of that
// name runs the code of a stranger.

const fs = require('fs');
const path = require('path');
const { builtinModules } = require('module');

const CODES = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'];
const EXTENSIONS = ['.mjs', '.js', '.cjs', '.json', '/index.mjs', '/index.js', '/index.cjs'];
const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx', '/index.ts'];
const CODE_FILE = /^(.+)\.([cm]?[jt]s|tsx|jsx|json)$/;
const SDK = '@aws-sdk/';
const MOST_FOLDERS = 200;

// Return what to do about a module that is missing, '' for another error. ``root`` is the code's folder, ``shown`` its
// path as the project's owner knows it, and ``handler`` the Handler setting.
function missingModuleHint(error, root, shown, handler) {
  try {
    const missing = [error, error?.cause].find((each) => CODES.includes(each?.code));
    return missing ? hintFor(missing, new Code(root, shown), handler) : '';
  } catch {
    // An error of the function's own, with such a code and another shape.
    return '';
  }
}

function hintFor(missing, code, handler) {
  const [, name] = /^Cannot find (?:module|package) '([^']+)'/.exec(missing.message);
  const [importer] = missing.requireStack ?? [/ imported from (.*)$/m.exec(missing.message)?.[1]];
  if (importer === undefined || !code.has(importer)) {
    return handlerHint(code, handler);
  }
  if (/^[./]/.test(name)) {
    return fileHint(code, importer, path.resolve(path.dirname(importer), name));
  }
  return packageHint(code, importer, name);
}

function handlerHint(code, handler) {
  const place = path.join(path.dirname(handler), path.basename(handler).split('.')[0]);
  const typescript = TYPESCRIPT.find((extension) => fs.existsSync(path.join(code.root, place) + extension));
  if (typescript) {
    return `the Handler is ${handler}, but ${place}${typescript} is TypeScript: it has to be built by esbuild`;
  }
  const there = `${code.show('.')} has no ${place}.js, .mjs or .cjs`;
  return `the Handler is ${handler}, but ${there}: Handler is FILE.FUNCTION`;
}

function fileHint(code, importer, target) {
  const by = `${code.show(importer)} imports ${code.show(target)}`;
  const found = EXTENSIONS.find((extension) => fs.existsSync(target + extension));
  if (found) {
    return `${by}: an ES module names the whole file: write ${path.basename(target)}${found}`;
  }
  if (TYPESCRIPT.some((extension) => fs.existsSync(target.replace(/\.[cm]?js$/, '') + extension))) {
    return `${by}, which is TypeScript: it has to be built by esbuild`;
  }
  if (!code.has(target)) {
    return `${by}, which is not in the function's code: put it into ${code.show('.')}, or into a layer`;
  }
  const folder = path.dirname(target);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const near = nearest(path.basename(target), names);
  return near ? `${by}: did you mean ${near}?` : `${by}, but there is no such file`;
}

function packageHint(code, importer, specifier) {
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  const { folder, content } = code.packageOf(importer);
  const place = code.show(folder);
  if (content.dependencies?.[name]) {
    return `${name} is in the package.json of ${place}, but is not installed: npm install in ${place}`;
  }
  if (content.devDependencies?.[name]) {
    return `${name} is a devDependency in the package.json of ${place}: a function has none of them on AWS`;
  }
  const own = code.ownFile(name);
  if (own) {
    return `${name} is the function's own ${code.show(own)}: write ${relative(importer, own)}`;
  }
  const near = nearest(name, [...Object.keys(content.dependencies ?? {}), ...builtinModules, ...code.ownNames()]);
  if (near) {
    return `there is no module ${name}: did you mean ${near}?`;
  }
  if (name === 'aws-sdk') {
    return 'Lambda has no aws-sdk (version 2) since nodejs18.x: use the clients of @aws-sdk, which it has';
  }
  if (name.startsWith(SDK)) {
    return `${name} is not among the clients that are kept here: npm install ${name} in ${place}`;
  }
  return `${name} is not in node_modules: npm install ${name} in ${place}`;
}

// A function's code. ``shown`` is the path of ``root`` as the project's owner knows it.
class Code {
  constructor(root, shown) {
    this.root = fs.realpathSync(root);
    this.shown = shown || "the function's folder";
  }

  has(file) {
    return `${file}/`.startsWith(`${this.root}/`);
  }

  show(place) {
    const inside = path.relative(this.root, path.resolve(this.root, place));
    return inside === '' ? this.shown : inside;
  }

  // Return the folder of the package.json that is nearest to a file, and its content.
  packageOf(file) {
    for (let folder = path.dirname(file); this.has(folder); folder = path.dirname(folder)) {
      try {
        return { folder, content: JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) };
      } catch {
        // There is none, or it can't be read.
      }
    }
    return { folder: this.root, content: {} };
  }

  // Return the function's own file, or folder, of a name.
  ownFile(name) {
    return this._files().find((file) => stem(file) === name);
  }

  ownNames() {
    return this._files().map(stem);
  }

  _files() {
    this.files ??= listCode(this.root);
    return this.files;
  }
}

function listCode(root) {
  const found = [];
  const folders = [root];
  for (let count = 0; folders.length > 0 && count < MOST_FOLDERS; count += 1) {
    const folder = folders.shift();
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const place = path.join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')) {
        folders.push(place);
        found.push(place);
      } else if (CODE_FILE.test(entry.name)) {
        found.push(place);
      }
    }
  }
  return found;
}

function stem(file) {
  const name = path.basename(file);
  return CODE_FILE.exec(name)?.[1] ?? name;
}

function relative(importer, file) {
  const found = path.relative(path.dirname(importer), file);
  return found.startsWith('.') ? found : `./${found}`;
}

// Return the candidate that differs from a name by one or two letters, undefined where there is none.
function nearest(name, candidates) {
  const allowed = name.length < 5 ? 1 : 2;
  const distances = candidates.map((candidate) => [distance(name, candidate), candidate]);
  return distances.filter(([far]) => far > 0 && far <= allowed).sort(([a], [b]) => a - b)[0]?.[1];
}

// Return how many letters have to be put in, left out or replaced to make one text of the other.
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length];
}

module.exports = { missingModuleHint };
