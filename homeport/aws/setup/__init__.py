"""Make the resources of a project: buckets, queues, topics, parameters and others, by the names that functions know.

``process`` is the process of ``homeport dev`` that does it, ``makers/`` has a module for each service, and ``seed``
reads what they are filled with.
"""
