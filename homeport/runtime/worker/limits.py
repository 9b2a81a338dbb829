"""Lambda's limits of what a function takes and answers, in bytes.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

MAX_EVENT = 6 << 20
MAX_ASYNCHRONOUS_EVENT = 1 << 20
# 6 MB and the size of Lambda's envelope.
MAX_RESULT = 6_291_556
