"""Entry point of the function for Centry: API Gateway's events come in here."""

import os

from centry.webhook import PLATFORM
from commerce_hooks.entrypoint import callback_handler

lambda_handler = callback_handler(PLATFORM, os.environ)
