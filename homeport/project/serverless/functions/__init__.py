"""The functions of a service as resources: their settings, their roles, their layers, and where their code is."""
