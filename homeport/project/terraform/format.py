"""Configurations of Terraform and OpenTofu as a format of projects."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics

_SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")
_FOLDERS = (
    *("", "terraform", "infra", "infrastructure", "iac", "tf", "opentofu", "deploy/terraform", "infra/terraform"),
    *("terraform/environments/dev", "terraform/envs/dev", "infra/environments/dev", "infra/envs/dev"),
    *("environments/dev", "envs/dev", "env/dev"),
)
"""The folders in which projects have their configuration, the project's own first."""
_OF_AWS = re.compile(rb"\"aws_|provider\s+\"aws\"|hashicorp/aws\"|terraform-aws-modules/")
_PLANS = ("tfplan", "tfplan.json", "plan.json", "plan.out")
_LARGEST = 1024 * 1024


class TerraformFormat:
    """A folder with ``*.tf`` files, or ``--template FOLDER/main.tf``."""

    name = "Terraform"
    deploy_command = "terraform apply"

    def find(self, root: Path) -> str | None:
        """Return the first file of a folder that is about AWS: its ``main.tf`` if there is one."""
        for folder in _FOLDERS:
            files = _files(root / folder)
            if any(_is_of_aws(root / folder / file) for file in files):
                main = "main.tf" if "main.tf" in files else files[0]
                return f"{folder}/{main}" if folder else main
        return None

    def is_named(self, file: str) -> bool:
        """Return whether a file is one of Terraform's: a configuration's, or a plan or state beside one."""
        return file.endswith((*_SUFFIXES, ".tfstate", ".tfplan")) or PurePath(file).name in _PLANS

    def read(self, request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
        """Read the configuration with its modules."""
        from homeport.project.terraform.reader import read_configuration

        return read_configuration(request, diagnostics)


def _files(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir() if each.name.endswith(_SUFFIXES))
    except OSError:
        return []


def _is_of_aws(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            return _OF_AWS.search(content.read(_LARGEST)) is not None
    except OSError:
        return False


TERRAFORM = TerraformFormat()
