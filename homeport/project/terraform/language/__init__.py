"""HCL, the language of Terraform and OpenTofu: text to blocks, attributes and expressions, each with its line.

``syntax.py`` has the nodes; read it first. ``parser.py`` makes them of text: ``scanner.py`` has its tokens,
``templates.py`` reads what is in quotes and heredocs, ``blocks.py`` bodies and blocks. ``json_syntax.py`` reads
``*.tf.json`` as the same blocks.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""
