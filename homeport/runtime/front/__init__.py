"""The endpoint of AWS for functions that are not Python's: permissions, faults and the trace, whatever the SDK.

Such a function's SDK is unpatched. It sends to ``AwsFront`` (``server.py``), which stands before DynamoDB and knows the
environment by the access key that the request is signed with. ``environment_calls.py`` decides about the request as
``homeport/runtime/worker/aws_calls.py`` does for Python, by the same code.
"""
