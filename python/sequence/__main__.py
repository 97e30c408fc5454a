"""`python -m sequence`: the command line."""

from sequence.cli import main

main()
