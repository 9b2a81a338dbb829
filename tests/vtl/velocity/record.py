"""Record templates with Apache Velocity 1.7, or compare generated ones with ours.

    python -m tests.vtl.velocity.record --classpath 'velocity.jar:commons-lang.jar:commons-collections3.jar'
    python -m tests.vtl.velocity.record --classpath … --generated 10000 --seed 1

The jars are those of Debian's package ``velocity`` and its dependencies. A difference that is known is in
docs/decisions/0028-own-template-engine.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from base64 import b64decode, b64encode
from pathlib import Path
from random import Random

from homeport.vtl import TemplateError, parse
from tests.support.vtl_templates import TemplateMaker

RECORDED = Path(__file__).with_name("recorded.json")
_RECORDER = Path(__file__).with_name("VelocityRecorder.java")
BEGINNING = '#set($list=[3,"a",[1,2]])#set($map={"k":"v","x":{"k":1}})#set($text="abca,b")#set($num=1)#set($a="A")'


def render_with_velocity(templates: list[str], classpath: str) -> list[str | None]:
    """Return what Velocity renders; None where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["javac", "-nowarn", "-cp", classpath, "-d", folder, _RECORDER], check=True)
        done = subprocess.run(
            ["java", "-cp", f"{folder}:{classpath}", _RECORDER.stem],
            input="\n".join(b64encode(template.encode()).decode() for template in templates) + "\n",
            capture_output=True,
            text=True,
            check=True,
        )
    return [None if line == "-" else b64decode(line).decode() for line in done.stdout.splitlines()]


def render_with_ours(template: str) -> str | None:
    """Return what ours renders; None where it fails."""
    try:
        return parse(template).render({})
    except TemplateError:
        return None


def main() -> None:
    """Renew the recording, or print generated templates that differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--classpath", required=True)
    parser.add_argument("--generated", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not options.generated:
        templates = [template for template, _ in json.loads(RECORDED.read_text("utf-8"))]
        pairs = zip(templates, render_with_velocity(templates, options.classpath), strict=True)
        RECORDED.write_text(
            "[\n" + ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in pairs) + "\n]\n", "utf-8"
        )
        return
    seeds = range(options.seed * 1_000_000, options.seed * 1_000_000 + options.generated)
    templates = [BEGINNING + TemplateMaker(Random(seed)).template() for seed in seeds]
    differences = 0
    for template, expected in zip(templates, render_with_velocity(templates, options.classpath), strict=True):
        if render_with_ours(template) != expected:
            differences += 1
            print(repr(template.removeprefix(BEGINNING)))
            print(f"  Velocity {expected!r}\n  ours     {render_with_ours(template)!r}")
    print(f"{differences} of {options.generated} differ")


if __name__ == "__main__":
    main()
