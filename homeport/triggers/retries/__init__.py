"""Retries: what becomes of an event or a batch after an invocation, each a pure function of the result and the time."""
