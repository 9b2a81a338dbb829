"""docs/features.md shows the table of features as it is."""

from __future__ import annotations

from tests.docs.features_page import PAGE, features_page


def test_page_of_features_is_that_of_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == features_page(), "run: python -m tests.docs.features_page"


def test_page_of_features_names_what_is_done_deployed_and_rejected() -> None:
    page = features_page()
    assert "| `BillingMode`," not in page and "`BillingMode`" in page
    assert "| `KinesisStreamSpecification` | deployed | no Kinesis stream gets the changes here; " in page
    assert "| `FileSystemConfigs` | rejected | file systems are not supported |" in page
    assert "| `MemorySize` | done | memory in deploy/stages.yaml or x-homeport |" in page


def test_page_of_features_tells_of_templates() -> None:
    page = features_page()
    assert "## Templates that run in place" in page
    assert "| `AWS::WAFv2::WebACLAssociation` with `ResourceArn` | named: AWS WAF is not emulated, " in page
