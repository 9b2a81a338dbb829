"""Templates of CloudFormation and SAM as projects, and deploy/resources.yaml as the tables of a stage.

``template_project.py`` is the map: it names the readers in the order of the data. ``template/`` finds and reads the
template and makes plain CloudFormation of it, ``stack/`` works out every function in it. The readers of ``apis/``,
``functions/``, ``permissions/`` and ``tables/`` take that stack, and ``unsupported.py`` names what is left.
"""
