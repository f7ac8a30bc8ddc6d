"""`python -m advisory.cli`, the same as the command `advisory`."""

from . import main

main()
