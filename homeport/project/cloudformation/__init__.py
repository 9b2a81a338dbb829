"""Templates of CloudFormation and SAM as projects, and deploy/resources.yaml as the tables of a stage.

``template_project.py`` is the map: it names the readers in the order of the data. ``template.py`` finds and reads the
template, ``transforms.py`` makes plain CloudFormation of it, ``parameters.py`` has the values from outside, and
``stack.py`` works out every function in it: ``intrinsics.py`` has the functions, ``references.py`` what they give of a
resource. The readers of APIs, functions, roles and tables take a stack. ``resources_file.py`` reads
deploy/resources.yaml.
"""
