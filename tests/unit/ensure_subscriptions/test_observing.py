"""What an operator reads of events that the bus will never take."""

import json
import logging

import pytest

from commerce_hooks.observing import Meter
from commerce_hooks.publishing import Published
from ensure_subscriptions.errands import Errand
from ensure_subscriptions.observing import EnsureObserver
from support.ensuring import ACME


def test_events_that_the_bus_refuses_are_an_error_with_their_ids(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    published = Published(event_ids=["run.0"], refused={"run.1": "MalformedDetail"})

    EnsureObserver(Meter("hooks/test")).told(Errand(store=ACME), "run", published)

    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["level"], line["outcome"]) == ("ERROR", "refused")
    assert (line["event_ids"], line["ids"]) == (["run.0"], ["run.1"])
    assert line["cause"] == "MalformedDetail"
