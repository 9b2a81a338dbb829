'use strict';

// The store of an invocation's values that nodejs24.x puts at awslambda.InvokeStore.
// https://github.com/awslabs/aws-lambda-invoke-store

const REQUEST_ID = Symbol.for('_AWS_LAMBDA_REQUEST_ID');
const TRACE_ID = Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID');
const TENANT_ID = Symbol.for('_AWS_LAMBDA_TENANT_ID');
const LAMBDAS_OWN = [REQUEST_ID, TRACE_ID, TENANT_ID];

class InvokeStore {
  #fields;

  static fields(requestId, traceId, tenantId) {
    return { [REQUEST_ID]: requestId, [TRACE_ID]: traceId, [TENANT_ID]: tenantId };
  }

  run(fields, action) {
    this.#fields = fields;
    return action();
  }

  getContext() {
    return this.#fields;
  }

  hasContext() {
    return this.#fields !== undefined;
  }

  get(key) {
    return this.#fields?.[key];
  }

  set(key, value) {
    if (LAMBDAS_OWN.includes(key)) {
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    }
    this.#fields ??= {};
    this.#fields[key] = value;
  }

  getRequestId() {
    return this.get(REQUEST_ID) ?? '-';
  }

  getXRayTraceId() {
    return this.get(TRACE_ID);
  }

  getTenantId() {
    return this.get(TENANT_ID);
  }
}

module.exports = { InvokeStore };
