"""Identities, templates and configuration sets of SES.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SES.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource


def make_identity(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make an address or a domain that may send; here it is verified at once."""
    # Both versions of the API know the same identities on AWS. ministack keeps them apart, LocalStack has one version.
    ses, name = clients("ses"), str(resource.properties.get("EmailIdentity", resource.physical_id))
    if name in ses.list_identities()["Identities"]:
        return
    if "@" in name:
        ses.verify_email_identity(EmailAddress=name)
    else:
        ses.verify_domain_identity(Domain=name)
    if clients.embedded:
        with suppress(clients("sesv2").exceptions.AlreadyExistsException):
            clients("sesv2").create_email_identity(EmailIdentity=name)
    yield f"made mail identity {name}"


def make_template(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a template, or change it."""
    ses = clients("ses")
    template = clients.request("ses", "CreateTemplate", {"Template": resource.properties.get("Template", {})})
    template["Template"].setdefault("TemplateName", resource.physical_id)
    there = {each["Name"] for each in ses.list_templates()["TemplatesMetadata"]}
    if template["Template"]["TemplateName"] in there:
        ses.update_template(**template)
    else:
        ses.create_template(**template)
        yield f"made mail template {template['Template']['TemplateName']}"


def make_configuration_set(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a configuration set."""
    ses, name = clients("sesv2"), str(resource.properties.get("Name", resource.physical_id))
    if name not in ses.list_configuration_sets().get("ConfigurationSets", ()):
        ses.create_configuration_set(ConfigurationSetName=name)
        yield f"made mail configuration set {name}"
