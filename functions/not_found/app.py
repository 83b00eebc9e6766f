"""Entry point of the function for unknown routes: the same shape of answer as everywhere else."""

from collections.abc import Mapping


def lambda_handler(_event: Mapping[str, object], _context: object) -> dict[str, object]:
    return {
        "statusCode": 404,
        "headers": {"content-type": "application/json"},
        "body": '{"error":"not_found"}',
    }
