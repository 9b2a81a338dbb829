"""The host of the functions, in the gateway's process.

``pool.py`` is the runtime of ``homeport dev``; read it first. The scheduler finds an ``Environment``
(``execution_environment.py``), which sends the event over its ``WorkerHandle`` and ends the worker at its time limit;
to a runtime that is not Python's, over its ``ProgramHandle``, which serves Lambda's Runtime API (``runtime_api.py``).
``in_process.py`` is the runtime for debuggers, without workers.
"""
