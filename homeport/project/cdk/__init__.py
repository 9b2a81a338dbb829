"""Apps of the AWS CDK as projects: what they synthesize is read as one CloudFormation template.

``reader.py`` is the map. ``synthesis.py`` has the app's output made again when its sources have changed (``app_run.py``
runs it, with ``recorder/`` inside), or takes the ``cdk.out`` that is there. ``assembly.py`` reads that folder,
``stack_choice.py`` says which of its stacks are the project, ``merged_template.py`` makes one template of them.
``function_code.py`` finds the sources of each function, and ``custom_resources.py`` does without CDK's own functions.
"""
