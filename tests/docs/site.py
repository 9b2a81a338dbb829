"""``python -m tests.docs.site build|serve``: the documentation as a web site, in ``build/site``.

mkdocs runs in a package set of its own, locked in ``site.lock``. Every warning of it is an error: a link to a page or
to a heading that is not there, a page that no menu has.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.package_cache import package_set
from tests.docs.site_pages import is_page, site_page, site_path

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).parent / "site.lock"
# As in mkdocs.yml.
STAGED = Path("build", "docs")
SITE = Path("build", "site")


def main() -> int:
    """Build the site, or serve it until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.site", description=__doc__)
    parser.add_argument("what", choices=("build", "serve"))
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    options = parser.parse_args()
    what, root = options.what, options.root.resolve()
    if problems := stage(root):
        print("\n".join(problems), file=sys.stderr)
        return 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        cache = read_environment().cache_dir
        tools = package_set(cache, "docs", [LOCK], python=sys.executable, version=version, say=print)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    command = ["build", "--strict"] if what == "build" else ["serve", "--dev-addr", "127.0.0.1:8100"]
    # Its makers' notice about other programs.
    variables = {**os.environ, "PYTHONPATH": str(tools), "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    if what == "serve":
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run([sys.executable, "-m", "mkdocs", *command], cwd=root, env=variables, check=False)
        return 0
    # With --quiet mkdocs does not count its warnings.
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *command], cwd=root, env=variables, capture_output=True, text=True, check=False
    )
    warnings = [line for line in done.stderr.splitlines() if line.startswith(("WARNING", "ERROR"))]
    if done.returncode:
        print("\n".join(warnings) or done.stderr, file=sys.stderr)
    else:
        print(f"made {SITE}/index.html")
    return done.returncode


def stage(root: Path) -> list[str]:
    """Write the pages, and the files that they link to, into ``build/docs``; return what is wrong with their links."""
    places = (*root.glob("*"), *(root / "docs").rglob("*"), *(root / "examples").rglob("*"))
    files = {file.relative_to(root).as_posix(): file for file in places if file.is_file()}
    pages = {name: site_page(files[name].read_text(encoding="utf-8"), name, files) for name in files if is_page(name)}
    shutil.rmtree(root / STAGED, ignore_errors=True)
    for name, page in pages.items():
        target = root / STAGED / site_path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page.text, encoding="utf-8")
    linked = {target for page in pages.values() for target in page.targets if not is_page(target)}
    for name in {"docs/site.css", *linked}:
        target = root / STAGED / site_path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files[name], target)
    return [problem for page in pages.values() for problem in page.problems]


if __name__ == "__main__":
    sys.exit(main())
