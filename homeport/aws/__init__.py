"""The services of AWS around an API: buckets, queues, topics, buses, parameters, secrets and others.

``services`` says which of them a project uses, ``engine`` starts the process that has them (``embedded/``), ``setup/``
makes the project's resources in it, and ``endpoints`` says where each is reached. Read ``services`` first.
"""
