"""DynamoDB tables: ``tables.py`` has those of a stack, ``resources_file.py`` those of deploy/resources.yaml."""
