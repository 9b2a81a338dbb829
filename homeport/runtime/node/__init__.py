"""Node.js: the interpreter, its program for Lambda's Runtime API, and how code is built for it."""
