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
    this.pending = null;
  }

  // Return the next invocation's headers, by names in lower case, and its event as text.
  async next() {
    const { headers, body } = await this._ask('GET', 'invocation/next');
    return { headers, event: body.toString('utf8') };
  }

  // Send an invocation's result, which is JSON.
  respond(id, json) {
    return this._ask('POST', `invocation/${encodeURIComponent(id)}/response`, json);
  }

  // Send the error payload of an invocation.
  fail(id, error) {
    return this._postError(`invocation/${encodeURIComponent(id)}/error`, error);
  }

  // Send the error payload of the initialisation.
  failInit(error) {
    return this._postError('init/error', error);
  }

  // Begin a response in chunks. Return { write(chunk, done), end(trailers) }; the latter resolves with the reply.
  stream(id, headers) {
    const reply = this._expectReply();
    const { socket } = this;
    const fields = { ...headers, 'Transfer-Encoding': 'chunked' };
    socket.write(this._head('POST', `invocation/${encodeURIComponent(id)}/response`, fields));
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

  // An error of a timer that an earlier invocation left behind may come while another request is under way.
  _postError(path, error) {
    const client = this.pending ? new RuntimeApi(`${this.host}:${this.port}`) : this;
    const type = String(error.errorType).replace(/[^\x20-\x7e]/g, '?');
    return client._ask('POST', path, JSON.stringify(error), { 'Lambda-Runtime-Function-Error-Type': type });
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
    if (this.socket === null) {
      this._connect();
    }
    this.socket.ref();
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject, reader: new ReplyReader() };
    });
  }

  _connect() {
    const socket = net.connect({ host: this.host, port: this.port, noDelay: true });
    let cause = new Error('the Runtime API closed the connection');
    socket.on('data', (chunk) => this._receive(chunk));
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      if (this.socket === socket) {
        this.socket = null;
      }
      const { pending } = this;
      this.pending = null;
      pending?.reject(cause);
    });
    this.socket = socket;
  }

  _receive(chunk) {
    const reply = this.pending?.reader.read(chunk);
    if (reply) {
      const { resolve } = this.pending;
      this.pending = null;
      this.socket.unref();
      resolve(reply);
    }
  }
}

function fieldLines(headers) {
  return Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

// Reads one HTTP/1.1 reply.
class ReplyReader {
  constructor() {
    this.headers = null;
    this.chunks = [];
    this.size = 0;
  }

  // Take what has arrived. Return the reply once it is whole.
  read(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.headers === null && !this._readHead()) {
      return null;
    }
    if (this.headers['transfer-encoding'] === 'chunked') {
      const body = joinChunks(Buffer.concat(this.chunks));
      return body && { status: this.status, headers: this.headers, body };
    }
    if (this.size < Number(this.headers['content-length'] ?? 0)) {
      return null;
    }
    return { status: this.status, headers: this.headers, body: Buffer.concat(this.chunks) };
  }

  _readHead() {
    const bytes = Buffer.concat(this.chunks);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      return false;
    }
    const [statusLine, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    this.status = Number(statusLine.split(' ')[1]);
    this.headers = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      this.headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const rest = bytes.subarray(end + HEAD_END.length);
    this.chunks = [rest];
    this.size = rest.length;
    return true;
  }
}

// Return the body of a chunked reply, null while it is not whole. Trailers are not expected.
function joinChunks(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) {
      return null;
    }
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) {
      return null;
    }
    if (size === 0) {
      return Buffer.concat(parts);
    }
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}

module.exports = { RuntimeApi };
