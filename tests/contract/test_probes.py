"""Hostile requests, in memory: each has its outcome, and nothing of it where it must not be.

The requests are those of `support/probes`; `make probe` sends them over HTTP.
"""

import json
import tracemalloc
from collections import Counter

import pytest

from commerce_hooks.platform import Platform
from support.gateway import event_of
from support.platforms import platforms
from support.probes import probes_of
from support.probes.probe import CANARY, Probe, Request
from support.probes.verdict import Came, OnTheBus, flaws
from support.receiving import KEY_1, Answered, Reception
from support.written import written

AT_LEAST = 60
MOST_MEMORY = 128 * 1024 * 1024
"""A quarter of what a function has. The bodies below take 30 to 80 MB, all others less."""
HUNGRY = {
    ("wide or deep", "500,000 numbers"),
    ("bulk", "100,000"),
    ("form's fields", "a megabyte of percent"),
}
LONGEST_LOG = 16_384
NO_ROUTE = Answered(404, {"error": "not_found"}, {})

PLATFORMS = platforms().values()
GROUPS = [
    pytest.param(platform, group, id=f"{platform.name}: {group}")
    for platform in PLATFORMS
    for group in dict.fromkeys(probe.group for probe in probes_of(platform))
]


@pytest.mark.parametrize(("platform", "group"), GROUPS)
def test_each_probe_has_its_outcome_and_leaves_no_trace_elsewhere(
    platform: Platform, group: str, output: pytest.CaptureFixture[str]
) -> None:
    reception = Reception(platform)
    found = {}
    for probe in probes_of(platform):
        if probe.group == group:
            request = probe.request(platform, reception.mint)
            came = came_of(reception, request)
            wrong = [
                *flaws(probe, probe.right, platform, came),
                *flaws_in_what_is_kept(reception, request, came),
                *flaws_in_log(reception, output.readouterr().out, came),
            ]
            if wrong:
                found[probe.name] = wrong
            forget(reception)

    assert found == {}


@pytest.mark.parametrize("platform", PLATFORMS, ids=platforms())
def test_a_platform_has_many_probes_and_no_two_with_one_name(platform: Platform) -> None:
    names = Counter((probe.group, probe.name) for probe in probes_of(platform))

    assert len(names) >= AT_LEAST
    assert [name for name, times in names.items() if times > 1] == []


def test_the_hungriest_bodies_take_bounded_memory() -> None:
    """On one platform, for it is all the kernel's: on that which reads bodies in the most ways."""
    platform = max(PLATFORMS, key=lambda platform: (platform.takes_forms, len(platform.topics)))
    reception = Reception(platform)
    hungry = [probe for probe in probes_of(platform) if (probe.group, probe.name) in HUNGRY]

    taken = {probe.name: memory_for(reception, probe) for probe in hungry}

    assert len(taken) == len(HUNGRY)
    assert {name: peak for name, peak in taken.items() if peak > MOST_MEMORY} == {}


def came_of(reception: Reception, request: Request) -> Came:
    event = event_of(request, [reception.route])
    answered = reception.handle(event) if event else NO_ROUTE
    events = [
        OnTheBus(entry["Source"], entry["DetailType"], json.loads(entry["Detail"]))
        for entry in reception.event_bridge.accepted
    ]
    return Came(answered.status, answered.body, events, reception.bucket.objects.__getitem__)


def flaws_in_what_is_kept(reception: Reception, request: Request, came: Came) -> list[str]:
    """Nothing of strangers, all bytes of what is no event, and no more than one object."""
    kept = reception.bucket.objects
    outcome = came.answer.get("status")
    if outcome is None:
        return [] if reception.kept_nothing else ["something was kept"]
    whole = list(kept.values()) == [request.body]
    if outcome == "quarantined" and not whole:
        return ["the body was not kept as it was sent"]
    if came.answer.get("queued") and not (whole and reception.queue.keys == list(kept)):
        return ["the bulk was not left to a job"]
    return [] if len(kept) <= 1 else [f"{len(kept)} objects were kept"]


def flaws_in_log(reception: Reception, log: str, came: Came) -> list[str]:
    """One line and its metrics, none of them forged, short, and with nothing of what was sent."""
    told = written(log)
    expected = 0 if came.answer == NO_ROUTE.body and not log else 1
    counted = len(told.metrics.get("Callbacks", []))
    said = [] if len(told.lines) == counted == expected else [f"{len(told.lines)} lines logged"]
    if any(line["platform"] != reception.platform.name for line in told.lines):
        said.append("a log line is of another platform")
    if len(log) > LONGEST_LOG:
        said.append(f"{len(log)} characters were logged")
    mac = reception.mint().rpartition(".")[2]
    secrets = [secret for secret in (CANARY, KEY_1, mac, "\x1b") if secret in log]
    return [*said, "the log tells what was sent"] if secrets else said


def forget(reception: Reception) -> None:
    """As if nothing had come yet; a handler of its own for each probe takes a second in all."""
    reception.event_bridge.calls.clear()
    reception.event_bridge.accepted.clear()
    reception.bucket.objects.clear()
    reception.queue.keys.clear()


def made(probe: Probe, reception: Reception) -> Request:
    return probe.request(reception.platform, reception.mint)


def memory_for(reception: Reception, probe: Probe) -> int:
    event = event_of(made(probe, reception), [reception.route])
    assert event
    tracemalloc.start()
    try:
        reception.handle(event)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        forget(reception)
