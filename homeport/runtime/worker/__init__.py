"""The part of Lambda that runs on the functions' interpreter: the worker parent, and the workers that it forks.

These files use the standard library alone and import one another relatively: the parent's interpreter may be another
one than the kit's and cannot import ``homeport``. ``start.py`` loads this folder as a package of its own. Read
``parent.py`` first, then ``worker.py``; ``aws_calls.py`` holds the hooks into boto3: it denies a call whose permissions
the function's role (``homeport/permissions/role.py``) does not have.
``authorization.py``, ``faults.py`` and ``trace.py`` know nothing of boto3: ``homeport/runtime/front/`` uses them too.
"""
