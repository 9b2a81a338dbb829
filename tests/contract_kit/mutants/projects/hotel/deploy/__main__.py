"""``python -m deploy STAGE``, from the project's folder."""

import sys

from homeport.cli import main

sys.exit(main(["deploy", "--project", ".", "--stage", *sys.argv[1:]]))
