"""A run that has only so much time begins nothing that could outlast it."""

import pytest

from commerce_hooks.deadline import Deadline
from commerce_hooks.http.bounded import Bounded
from commerce_hooks.http.errors import NoResponseError
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from support.surroundings import FakeTransport

REQUEST = ApiRequest("GET", "https://platform.example/a-secret")


def test_an_exchange_that_fits_is_made() -> None:
    transport = FakeTransport([ApiResponse(204)])

    answer = Bounded(transport, Deadline(lambda: 0.0, 10.0)).exchange(REQUEST, 10.0)

    assert (answer.status, transport.asked) == (204, [REQUEST])


def test_one_that_may_not_is_not_begun() -> None:
    transport = FakeTransport()

    with pytest.raises(NoResponseError, match="OutOfTime"):
        Bounded(transport, Deadline(lambda: 0.0, 9.9)).exchange(REQUEST, 10.0)

    assert transport.asked == []
