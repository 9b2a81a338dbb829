"""Node.js: the interpreter, and its program for Lambda's Runtime API."""
