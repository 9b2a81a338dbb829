"""``python -m homeport`` is the command line."""

import sys

from homeport.cli import main

sys.exit(main())
