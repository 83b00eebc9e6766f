"""Entry point of the function for iSET: API Gateway's events come in here."""

import os

from commerce_hooks.entrypoint import callback_handler
from iset.webhook import PLATFORM

lambda_handler = callback_handler(PLATFORM, os.environ)
