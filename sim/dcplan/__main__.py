"""`python -m dcplan` is the same as `dcplan`."""

from dcplan.cli import main

main()
