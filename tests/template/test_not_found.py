"""The function behind the default route."""

import json

from not_found.app import lambda_handler


def test_an_unknown_route_is_answered_in_the_shape_of_all_our_errors() -> None:
    answer = lambda_handler({"rawPath": "/nowhere/secret"}, None)

    assert answer["statusCode"] == 404
    assert answer["headers"] == {"content-type": "application/json"}
    assert json.loads(str(answer["body"])) == {"error": "not_found"}
