"""Entry point of the function: its schedule and its queue's messages come in here."""

import os

from ensure_subscriptions.entrypoint import ensure_handler

lambda_handler = ensure_handler(os.environ)
