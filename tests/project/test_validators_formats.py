"""homeport/project/validators/pattern.py, compared with a reference validator."""

from __future__ import annotations

import re
from base64 import b64encode

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.project.validators.pattern import FORMATS

SAMPLES = {
    "date": (
        "2024-02-29",
        "2023-02-29",
        "1900-02-29",
        "2000-02-29",
        "2024-04-31",
        "2024-12-31",
        "2024-1-1",
        "2024-13-01",
        "0000-01-01",
        "2024-02-30",
        "2024-00-10",
        "2024-01-00",
        "2024-01-32",
        "02024-01-01",
        "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661",
    ),
    "date-time": (
        "2024-01-01T00:00:00Z",
        "2024-01-01t00:00:00z",
        "2024-01-01T00:00:00",
        "1990-12-31T23:59:60Z",
        "2024-01-01T12:30:60Z",
        "1990-12-31T15:59:60-08:00",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:00.1+01:30",
        "2024-02-30T00:00:00Z",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+0100",
    ),
    "time": (
        "12:00:00Z",
        "12:00:00",
        "12:00:60Z",
        "24:00:00Z",
        "12:00:00.123456789+00:00",
    ),
    "duration": (
        "P1Y",
        "P1Y2M3DT4H5M6S",
        "P",
        "PT",
        "P1W",
        "P1W1D",
        "PT1H30S",
        "P1DT",
        "PT5.5S",
        "P1Y1D",
        "PT1M",
    ),
    "email": (
        "a@b.c",
        "joe@example",
        "a..b@c.d",
        ".a@b.c",
        "a.@b.c",
        "joe@[127.0.0.1]",
        "a@b@c",
        "a@-b.c",
        "a@b..c",
        "@b.c",
        "a@",
        "!#$%&'*+/=?^_`{|}~-@x.y",
    ),
    "hostname": (
        "a",
        "a.b",
        "-a",
        "a-",
        "a_b",
        "a.",
        "x" * 63,
        "x" * 64,
        ".".join(["x" * 60] * 5),
        "",
    ),
    "ipv4": (
        "1.2.3.4",
        "01.2.3.4",
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "0.0.0.0",
        "255.255.255.255",
        "\u0661.1.1.1",
    ),
    "ipv6": (
        "::",
        "::1",
        "1::",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::2::3",
        "1:2:3:4:5:6:1.2.3.4",
        "::ffff:1.2.3.4",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "1:2:3:4:5:6:7",
        "fe80::1%eth0",
        "::1.2.3",
        "1::3:4:5:6:7:8",
        "1:2:3:4:5::7:8",
        ":",
        ":::",
        "g::",
    ),
    "uri": (
        "http://a/b",
        "mailto:a@b",
        "urn:x:y",
        "a",
        "//a",
        "http://[::1]:80/",
        "http://a/%zz",
        "http://a/ü",
        "http://a#b#c",
        "x:",
        "http://a/[b]",
        "http://u:p@h:1/p?q=/?#f/?",
        "1a:b",
        "a+b.c-d:e",
        "http://a:b/",
        "http://a b",
    ),
    "uri-reference": (
        "",
        "/a",
        "a:b",
        "#x",
        "//h/p",
        "a/b:c",
        "\\",
        "1:b",
        "?q",
        "./a:b",
        "a%2",
    ),
    "uuid": (
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "F47AC10B-58CC-4372-A567-0E02B2C3D479",
        "f47ac10b",
        "00000000000",
    ),
    "json-pointer": (
        "",
        "/a",
        "a",
        "/~2",
        "/a~0~1",
        "/",
        "/~",
        "//",
    ),
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SAMPLES.items() for text in texts])
def test_a_reference_validator_gives_the_same_result(name: str, text: str) -> None:
    reference = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    assert bool(re.fullmatch(FORMATS[name], text)) == reference.is_valid(text)


@given(st.dates(), st.times(), st.sampled_from(["Z", "+00:00", "-23:59"]))
def test_every_real_moment_is_a_date_time(date: object, time: object, offset: str) -> None:
    assert re.fullmatch(FORMATS["date-time"], f"{date}T{time}{offset}")


@given(st.binary())
def test_base64_is_what_its_encoder_writes(data: bytes) -> None:
    assert re.fullmatch(FORMATS["byte"], b64encode(data).decode())


@pytest.mark.parametrize("text", ["a", "ab", "abc", "abcde", "ab=c", "a===", "ab==cd==", "ab_-", "abcd\n", "YQ="])
def test_a_text_that_is_no_base64_is_rejected(text: str) -> None:
    assert not re.fullmatch(FORMATS["byte"], text)


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"json-pointer"}))
def test_a_line_feed_at_the_end_is_not_overlooked(name: str) -> None:
    right = [text for text in SAMPLES[name] if re.fullmatch(FORMATS[name], text)]
    assert right
    assert [text for text in right if re.fullmatch(FORMATS[name], f"{text}\n")] == []
