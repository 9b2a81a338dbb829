"""AWS's SAM translator in this process, for all tests of templates: none starts a process for it.

Each translation would read its table of policy templates anew and validate it against a schema, which takes longer than
most templates do. The table never changes, so it is read once.
"""

from __future__ import annotations

from functools import cache

from samtranslator.translator import translator

translator.make_policy_template_for_function_plugin = cache(translator.make_policy_template_for_function_plugin)
