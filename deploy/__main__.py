import sys

from homeport.cli import main

sys.exit(main(["deploy", "--stage", *sys.argv[1:]]))
