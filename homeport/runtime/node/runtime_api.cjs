'use strict';

// A client of Lambda's Runtime API, with one connection that is kept.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
// The connection keeps the event loop alive only while a request is under way: a loop without anything else to do ends
// an invocation whose handler never answers.

const net = require('net');

const PATH = '/2018-06-01/runtime/';
const HEAD_END = Buffer.from('\r\n\r\n');

class RuntimeApi {
  constructor(address) {
    const colon = address.lastIndexOf(':');
    this.host = address.slice(0, colon);
    this.port = Number(address.slice(colon + 1));
    this.socket = null;
    this.reader = null;
    this.pending = [];
  }

  // Return the next invocation's headers, by names in lower case, and its event as text.
  async next() {
    const { headers, body } = await this._ask('GET', 'invocation/next');
    return { headers, event: body.toString('utf8') };
  }

  // Send an invocation's result, which is JSON, and ask for the next invocation with it.
  respond(id, json) {
    return this._askNextAfter(() => this._ask('POST', `${invocationPath(id)}/response`, json));
  }

  // Send the error payload of an invocation, and ask for the next invocation with it.
  fail(id, error) {
    return this._askNextAfter(() => this._postError(`${invocationPath(id)}/error`, error));
  }

  // Send the error payload of an invocation that is the last one. Another request may be under way.
  failLast(id, error) {
    return this._freeClient()._postError(`${invocationPath(id)}/error`, error);
  }

  // Send the error payload of the initialisation.
  failInit(error) {
    return this._freeClient()._postError('init/error', error);
  }

  // Begin a response in chunks. Return { write(chunk, done), end(trailers) }; the latter resolves with the reply.
  stream(id, headers) {
    const reply = this._expectReply();
    const { socket } = this;
    const fields = { ...headers, 'Transfer-Encoding': 'chunked' };
    socket.write(this._head('POST', `${invocationPath(id)}/response`, fields));
    return {
      write(chunk, done) {
        socket.cork();
        socket.write(`${chunk.length.toString(16)}\r\n`);
        socket.write(chunk);
        socket.write('\r\n', done);
        socket.uncork();
      },
      end(trailers) {
        socket.write(`0\r\n${fieldLines(trailers)}\r\n`);
        return reply;
      },
    };
  }

  // Keep the event loop alive, as an open response stream does, until a reply has come.
  hold() {
    this.socket?.ref();
  }

  _freeClient() {
    return this.pending.length > 0 ? new RuntimeApi(`${this.host}:${this.port}`) : this;
  }

  // Send both requests at once: the second is in the other's buffer when it looks for the next invocation.
  _askNextAfter(ask) {
    this._connect();
    this.socket.cork();
    ask().catch(() => {});
    const next = this.next();
    this.socket.uncork();
    return next;
  }

  _postError(path, error) {
    const type = String(error.errorType).replace(/[^\x20-\x7e]/g, '?');
    return this._ask('POST', path, JSON.stringify(error), { 'Lambda-Runtime-Function-Error-Type': type });
  }

  _ask(method, path, json, headers) {
    const reply = this._expectReply();
    const { socket } = this;
    if (json === undefined) {
      socket.write(this._head(method, path, {}));
      return reply;
    }
    const fields = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json), ...headers };
    socket.cork();
    socket.write(this._head(method, path, fields));
    socket.write(json, 'utf8');
    socket.uncork();
    return reply;
  }

  _head(method, path, headers) {
    return `${method} ${PATH}${path} HTTP/1.1\r\nHost: ${this.host}:${this.port}\r\n${fieldLines(headers)}\r\n`;
  }

  _expectReply() {
    this._connect();
    this.socket.ref();
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve, reject });
    });
  }

  _connect() {
    if (this.socket !== null) {
      return;
    }
    const socket = net.connect({ host: this.host, port: this.port, noDelay: true });
    let cause = new Error('the Runtime API closed the connection');
    socket.on('data', (chunk) => this._receive(chunk));
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      const pending = this.pending.splice(0);
      this.socket = null;
      pending.forEach(({ reject }) => reject(cause));
    });
    this.socket = socket;
    this.reader = new ReplyReader();
  }

  _receive(chunk) {
    this.reader.feed(chunk);
    for (let reply; this.pending.length > 0 && (reply = this.reader.take()) !== null; ) {
      this.pending.shift().resolve(reply);
    }
    if (this.pending.length === 0) {
      this.socket.unref();
    }
  }
}

function invocationPath(id) {
  return `invocation/${encodeURIComponent(id)}`;
}

function fieldLines(headers) {
  return Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

// Reads HTTP/1.1 replies.
class ReplyReader {
  constructor() {
    this.chunks = [];
    this.size = 0;
    this.headers = null;
  }

  feed(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  // Return the next reply's headers and body, null while it is not whole.
  take() {
    if (this.headers === null && !this._readHead()) {
      return null;
    }
    const { headers } = this;
    const isChunked = headers['transfer-encoding'] === 'chunked';
    const length = Number(headers['content-length'] ?? 0);
    if (!isChunked && this.size < length) {
      return null;
    }
    const bytes = this._joined();
    const [body, end] = isChunked ? readChunks(bytes) : [bytes.subarray(0, length), length];
    if (body === null) {
      return null;
    }
    this._keep(bytes.subarray(end));
    this.headers = null;
    return { headers, body };
  }

  _readHead() {
    const bytes = this._joined();
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      return false;
    }
    this.headers = {};
    for (const line of bytes.toString('latin1', 0, end).split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      this.headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    this._keep(bytes.subarray(end + HEAD_END.length));
    return true;
  }

  _joined() {
    if (this.chunks.length !== 1) {
      this._keep(Buffer.concat(this.chunks));
    }
    return this.chunks[0];
  }

  _keep(bytes) {
    this.chunks = [bytes];
    this.size = bytes.length;
  }
}

// Return the body of a chunked reply and its end, null while it is not whole. Trailers are not expected.
function readChunks(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const start = lineEnd + 2;
    const size = lineEnd < 0 ? NaN : parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = start + size + 2;
    if (!(bytes.length >= end)) {
      return [null, 0];
    }
    if (size === 0) {
      return [Buffer.concat(parts), end];
    }
    parts.push(bytes.subarray(start, start + size));
    at = end;
  }
}

module.exports = { RuntimeApi };
