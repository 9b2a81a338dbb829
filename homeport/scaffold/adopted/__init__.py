"""Readers of existing APIs for ``homeport adopt``: OpenAPI documents, exports of API Gateway, SAM templates."""
