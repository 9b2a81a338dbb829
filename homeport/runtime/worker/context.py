"""The context object, as AWS's runtime client makes it.
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class CognitoIdentity:
    """Who called, for callers with an identity pool; API Gateway's proxy integration never fills it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self) -> None:
        self.cognito_identity_id: str | None = None
        self.cognito_identity_pool_id: str | None = None

    def __repr__(self) -> str:
        return _show(self, self.__slots__)


class LambdaContext:
    """What a handler gets besides its event. ``deadline`` is milliseconds since the epoch."""

    def __init__(
        self, request_id: str, arn: str, deadline: int, variables: Mapping[str, str], log: Callable[[str], None]
    ) -> None:
        self.aws_request_id = request_id
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = variables.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = arn
        self.client_context: None = None
        self.identity = CognitoIdentity()
        self.tenant_id: str | None = None
        self._deadline = deadline
        self._log = log

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended; 0 from then on."""
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write an entry of its own into the function's log."""
        self._log(str(message))

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return _show(self, names)


def _show(value: object, names: tuple[str, ...]) -> str:
    return f"{type(value).__name__}([{','.join(f'{name}={getattr(value, name)}' for name in names)}])"
