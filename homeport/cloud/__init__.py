"""The same project on AWS: the template, the bundle, and what pushes, rolls back and removes them."""
