"""One module an operation, named after its operationId: ``createItem`` is ``create_item.handler``."""
