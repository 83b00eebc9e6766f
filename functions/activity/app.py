"""Entry point of the function that keeps last-seen: batches of its queue come in here."""

import os

from activity.entrypoint import batch_handler

lambda_handler = batch_handler(os.environ)
