"""`python -m commerce_hooks_cli` is the command too, for where its script is not installed."""

from commerce_hooks_cli.main import main

main()
