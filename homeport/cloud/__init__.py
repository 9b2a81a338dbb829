"""Deploy a project to AWS: the CloudFormation template, the code bundle, and the commands on a deployed stage.

Start at ``deploy.py``: it bundles the code, makes a plan (``plan.py``) and applies it (``apply.py``
shows the changes, asks for consent, and executes the change set). ``template/``
builds the template, ``aws/`` makes every call to AWS. The other commands are ``destroy.py``, ``status.py`` and
``logs.py``.
"""
