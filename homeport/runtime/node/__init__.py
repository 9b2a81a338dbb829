"""Functions in Node.js: how their code is built and their packages installed."""
