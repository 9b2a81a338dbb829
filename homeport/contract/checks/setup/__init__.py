"""Setup of checks: resources that a run makes, by recipes that it finds once, and such as exist.

A create that is rejected although its body is valid may need what only prose says: ids of resources that exist, a value
that no other resource has, dates that are still to come, or another write before it (a cart that is not empty).
``maker.py`` tries these in turn, within bounds, and remembers for the run what helped: ``recipes.py`` has what there is
to try, ``bodies.py`` the bodies that follow from it, ``references.py`` the ids of others, ``parents.py`` what a
resource is made below. ``fixed_values.py`` finds the properties of which a service takes few of the valid values.
"""

from homeport.contract.checks.setup.bodies import plenty_of
from homeport.contract.checks.setup.fixed_values import find_fixed
from homeport.contract.checks.setup.maker import Maker
from homeport.contract.checks.setup.recipes import making_operation
from homeport.contract.checks.setup.refusals import describe_refusals

__all__ = ["Maker", "describe_refusals", "find_fixed", "making_operation", "plenty_of"]
