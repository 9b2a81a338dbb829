"""The pages below ``/services``: what the services of AWS hold here, read and changed through their own APIs.

``page.py`` has the values that each page is made of: one template shows them all. Each kind of resource has a module
with its page, its part of the overview, and what a person can do there; ``site.py`` puts them together. All values come
from the endpoint in use, the kit's own process or another one. Nothing of it is stored.
"""
