'use strict';

// Response streaming. https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html

const { Writable } = require('stream');
const { InvalidStreamingOperation, errorPayload } = require('./errors.cjs');

const TYPE_TRAILER = 'Lambda-Runtime-Function-Error-Type';
const BODY_TRAILER = 'Lambda-Runtime-Function-Error-Body';
const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response';
const PRELUDE_END = new Uint8Array(8);

// The second argument of a streaming handler.
class ResponseStream extends Writable {
  #open;
  #request = null;
  #contentType = 'application/octet-stream';
  #trailers = {};

  constructor(api, id, highWaterMark) {
    super({ highWaterMark, decodeStrings: true });
    this.#open = (contentType) =>
      api.stream(id, {
        'Lambda-Runtime-Function-Response-Mode': 'streaming',
        Trailer: `${TYPE_TRAILER}, ${BODY_TRAILER}`,
        'Content-Type': contentType,
      });
    // Resolves when the Runtime API has taken the whole response.
    this.taken = new Promise((resolve, reject) => {
      this.once('finish', resolve).once('error', reject);
    });
    this.taken.catch(() => {});
    api.hold();
  }

  setContentType(contentType) {
    if (this.#request !== null) {
      throw new InvalidStreamingOperation('Cannot set content-type, too late.');
    }
    this.#contentType = contentType;
  }

  // Objects are written as JSON. What HttpResponseStream.from has prepared comes before the first write, and, as on
  // Lambda, not before an end() without any write.
  write(chunk, encoding, callback) {
    const prelude = this._onBeforeFirstWrite;
    this._onBeforeFirstWrite = undefined;
    prelude?.((part) => super.write(part));
    const plain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(plain ? chunk : JSON.stringify(chunk), encoding, callback);
  }

  _write(chunk, _encoding, callback) {
    this.#request ??= this.#open(this.#contentType);
    if (chunk.length === 0) {
      callback();
      return;
    }
    this.#request.write(chunk, (error) => callback(error));
  }

  _final(callback) {
    this.#request ??= this.#open(this.#contentType);
    this.#request.end(this.#trailers).then(() => callback(), callback);
  }

  // End the response with an error, which goes into the trailers.
  failWith(error) {
    const payload = errorPayload(error);
    this.#trailers = {
      [TYPE_TRAILER]: payload.errorType,
      [BODY_TRAILER]: Buffer.from(JSON.stringify(payload)).toString('base64'),
    };
    if (!this.writableEnded) {
      this.end();
    }
    return this.taken;
  }
}

// Puts status, headers and cookies of an HTTP response before the body.
class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType(PRELUDE_TYPE);
    const json = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(json);
      write(PRELUDE_END);
    };
    return stream;
  }
}

module.exports = { HttpResponseStream, ResponseStream };
