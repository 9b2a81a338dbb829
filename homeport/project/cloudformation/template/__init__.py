"""From the owner's files to one document of plain CloudFormation, whose values know their file and line.

``template.py`` finds and reads the template, ``transforms.py`` applies its transforms in their order: ``includes.py``,
``language_extensions.py`` and ``sam.py``, which runs AWS's translator (``sam_process.py``, in a process of its own).
"""
