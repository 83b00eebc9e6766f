"""Entry point of the function for redelivery: its queue's batches and its schedules."""

import os

from redeliver.entrypoint import redeliver_handler

lambda_handler = redeliver_handler(os.environ)
