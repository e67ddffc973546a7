"""`python -m qingce.app` is `qingce`."""

from qingce.app.cli import main

main()
