"""The formats of other tools in which a project may be written, each read as one CloudFormation template.

``source_format.py`` has the values and the interface, ``registry.py`` the formats and the choice among them. A format
is a room of its own with a ``format.py``, which imports its reader when a project is read. What it reads continues in
``homeport.project.cloudformation``, as a template of the owner's does.
"""
