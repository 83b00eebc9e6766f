"""Entry point of the function that watches shapes: batches of its queue come in here."""

import os

from shapes.entrypoint import batch_handler

lambda_handler = batch_handler(os.environ)
