"""Entry point of the function for Cenit: API Gateway's events come in here."""

import os

from cenit.entrypoint import call_handler

lambda_handler = call_handler(os.environ)
