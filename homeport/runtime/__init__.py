"""Lambda on this machine: functions, their processes, permissions, logs and faults.

``api.py`` is the interface that the gateway uses; read it first. ``host/`` runs in the gateway's process: the pool of
execution environments, the environment scheduler, the connection to the workers. ``worker/`` runs on the functions' own
interpreter, where nothing of the kit can be imported.
"""
