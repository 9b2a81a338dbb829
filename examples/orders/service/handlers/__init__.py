"""One module an operation, named after its operationId."""
