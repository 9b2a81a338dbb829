// Loaded into an app of the AWS CDK before the app itself (NODE_OPTIONS=--require), for one run of it.
//
// Bundling: aws-cdk-lib starts esbuild or Docker by child_process.spawnSync. The command is not run. It is written into
// the folder that it would fill, as homeport-bundle.json, so that the function can run from its sources.
// Files: at exit, the files of the app that were loaded or read are listed in the folder HOMEPORT_CDK_RECORD.
"use strict";

const childProcess = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const MARKER = "homeport-bundle.json";
const record = process.env.HOMEPORT_CDK_RECORD;
const outdir = process.env.CDK_OUTDIR;
const docker = path.basename(process.env.CDK_DOCKER || "docker");
const read = new Set();
let buildContext = "";

const spawnSync = childProcess.spawnSync;
childProcess.spawnSync = function (command, args, options) {
  const words = [String(command), ...(Array.isArray(args) ? args.map(String) : [])];
  const given = (Array.isArray(args) ? options : args) || {};
  const answer = answerOf(words, given);
  return answer === undefined ? spawnSync.apply(this, arguments) : done(answer, given);
};

const readFileSync = fs.readFileSync;
fs.readFileSync = function (file) {
  note(file);
  return readFileSync.apply(this, arguments);
};

// NodejsFunction asks for a lock file only to know the folder to which a function belongs. A fresh clone may have none.
const { existsSync, statSync } = fs;
fs.existsSync = (file) => existsSync(file) || isMissingLock(file);
fs.statSync = function (file, ...rest) {
  const found = isMissingLock(file) ? path.join(path.dirname(file), "package.json") : file;
  return statSync.call(fs, found, ...rest);
};

function isMissingLock(file) {
  const isLock = typeof file === "string" && path.basename(file) === "package-lock.json";
  return isLock && !existsSync(file) && existsSync(path.join(path.dirname(file), "package.json"));
}

process.on("exit", () => {
  if (!record) return;
  Object.keys(require.cache).forEach(note);
  const files = [...read].filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`));
  try {
    fs.writeFileSync(path.join(record, `files-${process.pid}.json`), JSON.stringify(files));
  } catch {
    // The folder is gone: nobody waits for the list any more.
  }
});

/** Return what a command that bundles would print, undefined for any other command. */
function answerOf(words, options) {
  const text = words.join(" ");
  if (path.basename(words[0]) === docker) return answerOfDocker(words);
  if (/\besbuild\b/.test(text)) {
    if (/ --version$/.test(text)) return "0.25.0\n";
    const out = /--out(?:file|dir)=(?:"([^"]+)"|'([^']+)'|(\S+))/.exec(text);
    const place = out && path.resolve(options.cwd || ".", out[1] || out[2] || out[3]);
    if (place && place.startsWith(outdir + path.sep)) {
      const folder = text.includes("--outfile=") ? path.dirname(place) : place;
      write(folder, { kind: "esbuild", words, cwd: options.cwd || process.cwd() });
      return "";
    }
  }
  // Steps that follow esbuild work in the folder that it would have filled.
  if (options.cwd && outdir && path.resolve(String(options.cwd)).startsWith(outdir + path.sep)) return "";
  return undefined;
}

function answerOfDocker(words) {
  const verb = words[1];
  if (verb === "build") buildContext = path.resolve(words[words.length - 1]);
  if (verb === "create") return "0".repeat(64);
  if (verb === "cp" && words[3]) write(words[3], { kind: "docker-build", context: buildContext, words });
  if (verb === "run") {
    const mounts = words.filter((_, place) => words[place - 1] === "-v").map((each) => each.split(":"));
    const at = (target) => (mounts.find((each) => each[1] === target) || [""])[0];
    if (at("/asset-output")) write(at("/asset-output"), { kind: "docker", input: at("/asset-input"), words });
  }
  return "";
}

function write(folder, bundle) {
  fs.mkdirSync(folder, { recursive: true });
  // A bundle that is an archive has to be one file with such an ending.
  const isArchive = /\.(?:zip|jar)\b/.test(bundle.words.join(" "));
  fs.writeFileSync(path.join(folder, isArchive ? "bundle.zip" : MARKER), JSON.stringify(bundle));
}

function done(stdout, options) {
  const text = options.encoding && options.encoding !== "buffer" ? stdout : Buffer.from(stdout);
  const nothing = typeof text === "string" ? "" : Buffer.alloc(0);
  return { pid: 0, status: 0, signal: null, output: [null, text, nothing], stdout: text, stderr: nothing };
}

function note(file) {
  if (typeof file === "string" && path.isAbsolute(file)) read.add(file);
  else if (typeof file === "string") read.add(path.resolve(file));
}
