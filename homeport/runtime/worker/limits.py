"""Limits that the gateway and the workers both hold."""

# Lambda's 6 MB and the size of its envelope: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_RESULT = 6_291_556
