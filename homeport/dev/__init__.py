"""``homeport dev``: the processes that serve a project on this machine, and the commands that work beside them.

``run`` reads the project, takes the ports and starts the ``supervisor``, which keeps the children that ``processes``
describes alive. ``watch`` follows the project's files, ``terminal_keys`` the keys that are pressed. ``doctor`` and
``logs`` are commands of their own; ``worker_setup`` has ``homeport invoke`` as well. Read ``run`` first.
"""
