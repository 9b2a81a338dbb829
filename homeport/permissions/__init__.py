"""IAM: policies in, decisions out, for every service, and for functions, callers and authorizers.

Read ``policy.py`` first: it reads a policy document, and a statement says whether it applies to a request.
``decision.py`` combines the policies of a request as AWS does, and words what it denies. ``conditions.py`` has the
condition operators, ``patterns.py`` wildcards and policy variables, ``principals.py`` the principals of resource-based
policies. ``role.py`` is the role of a function. ``services/`` says which permissions a request to a service needs.

A worker loads this package on the function's own interpreter (``homeport/runtime/worker/start.py``). So these files use
the standard library alone and import one another relatively.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html
"""
