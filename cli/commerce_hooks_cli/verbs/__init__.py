"""The verbs of the command: what each takes, and the order in which it does things."""
