"""Entry point of the function for upkeep: its schedules come in here."""

import os

from upkeep.entrypoint import task_handler

lambda_handler = task_handler(os.environ)
