"""service/requirements.txt, installed for the machine that the functions run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.cloud.errors import BundleError
from homeport.cloud.python_dependencies import LambdaPlatform, dependency_files, named_packages, unpinned_requirements

ARM = LambdaPlatform("python3.13", "arm64")


def test_pip_is_asked_for_wheels_of_the_functions_machine() -> None:
    options = ARM.pip_options
    assert "manylinux2014_aarch64" in options and "manylinux_2_34_aarch64" in options
    assert options[-5:] == ["--python-version", "3.13", "--implementation", "cp", "--only-binary=:all:"]
    assert "manylinux_2_28_x86_64" not in LambdaPlatform("python3.11", "x86_64").pip_options


def test_a_file_without_requirements_needs_no_pip(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# boto3 is there already\n\n")
    assert dependency_files(tmp_path / "cache", file, ARM, print) == {}
    assert dependency_files(tmp_path / "cache", None, ARM, print) == {}


@pytest.mark.stack
def test_packages_are_installed_once_for_another_machine_than_this(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("markupsafe==3.0.3\n")
    said: list[str] = []
    for _ in range(2):
        files = dependency_files(tmp_path / "cache", file, ARM, said.append)
    assert said == ["installing service/requirements.txt for python3.13 on arm64 (once)"]
    assert "markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so" in files
    assert not any(name.endswith(("/RECORD", "/INSTALLER", ".pyc")) for name in files)


@pytest.mark.stack
def test_a_package_without_a_wheel_is_rejected_with_pips_message(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("markupsafe==0.0.0.1\n")
    with pytest.raises(BundleError, match=r"no wheels .* python3.13 on arm64") as refused:
        dependency_files(tmp_path / "cache", file, ARM, print)
    assert "markupsafe==0.0.0.1" in str(refused.value)


def test_boto3_is_bundled_only_where_it_is_named(tmp_path: Path) -> None:
    from homeport.cloud.python_dependencies import _is_bundled

    assert not _is_bundled("botocore/client.py", ("boto3", "botocore", "s3transfer"))
    assert not _is_bundled("boto3-1.40.0.dist-info/METADATA", ("boto3",))
    assert _is_bundled("boto3/session.py", ())
    assert named_packages("Boto3==1.40.0\nmy_package>=1\n-r other.txt\n") == {"boto3", "my-package"}


def test_open_versions_are_named() -> None:
    text = (
        "requests\npydantic>=2\nboto3==1.40.0 --hash=sha256:00 \\\n  --hash=sha256:01\nx @ https://example.com/x.whl\n"
    )
    assert unpinned_requirements(text) == ["requests", "pydantic>=2"]
