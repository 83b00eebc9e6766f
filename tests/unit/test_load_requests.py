"""What a load sends: to this machine only, bounded, and each time about something else."""

import json
from itertools import islice

import pytest
from pydantic import ValidationError

from commerce_hooks.keyring import KeyRing
from load.__main__ import options
from load.orders import Order, Outgoing
from load.outgoing import outgoing
from load.renewing import Renewal, interleaved
from probe.callbacks import built
from support.cenit import call_samples
from support.command import RING
from support.platforms import platforms
from support.samples import Sample, callbacks

REQUESTS = tuple(outgoing(KeyRing.parse(RING)))
ORDER = Order(base_url="http://127.0.0.1:4321", seconds=1, connections=8, requests=REQUESTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://192.0.2.1:4321"},
        {"base_url": "http://localhost:4321"},
        {"base_url": "http://127.0.0.1.example.com"},
        {"base_url": "http://127.0.0.1@example.com"},
        {"base_url": "http://127.0.0.1:80@example.com"},
        {"base_url": "https://127.0.0.1:4321"},
        {"connections": 9},
        {"connections": 0},
        {"seconds": 601},
        {"seconds": 0},
        {"requests": ()},
    ],
)
def test_a_load_has_its_limits(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Order.model_validate({**dict(ORDER), **wrong})


@pytest.mark.parametrize(
    "arguments",
    [
        ["--connections", "9"],
        ["--connections", "0"],
        ["--connections", "-1"],
        ["--seconds", "601"],
        ["--seconds", "1.5"],
        ["--seconds", "٣"],
        ["http://192.0.2.1"],
    ],
)
def test_what_is_out_of_bounds_is_bad_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        options().parse_args(arguments)

    assert raised.value.code == 2
    assert "usage: make load" in capsys.readouterr().err


def test_what_may_be_chosen() -> None:
    chosen = options().parse_args(["--seconds", "600", "--connections", "8"])

    assert (chosen.seconds, chosen.connections) == (600, 8)
    assert vars(options().parse_args([])) == {"seconds": 20, "connections": 4}


def test_an_order_arrives_as_it_was_given() -> None:
    assert Order.model_validate_json(ORDER.model_dump_json()) == ORDER


def test_an_order_does_not_show_its_tokens() -> None:
    token = REQUESTS[0].target.rpartition("/")[2]

    assert token not in repr(ORDER)
    with pytest.raises(ValidationError) as raised:
        Outgoing.model_validate({"target": "a-token"})
    assert "a-token" not in str(raised.value)


def test_every_sample_is_sent() -> None:
    sent = [(one.platform, one.sample) for one in REQUESTS]

    callbacks_sent = [(sample.platform, sample.path.name) for sample in callbacks()]
    assert sent == [*callbacks_sent, *(("cenit", call.name) for call in call_samples())]


def test_platforms_take_turns() -> None:
    names = sorted({one.platform for one in REQUESTS})

    turns = [one.platform for one in islice(interleaved(REQUESTS), 3 * len(names))]

    assert turns == 3 * names


def test_all_of_a_platform_s_samples_have_their_turn() -> None:
    endless = interleaved(REQUESTS)

    sent = {(one.platform, one.sample) for one in islice(endless, 4 * len(REQUESTS))}

    assert len(sent) == len(REQUESTS)


@pytest.mark.parametrize("sample", callbacks(), ids=str)
def test_a_body_that_is_renewed_is_the_same_about_something_else(sample: Sample) -> None:
    request = next(r for r in REQUESTS if (r.platform, r.sample) == _name(sample))

    body, ids = Renewal().of(request.body, request.ids)

    if not request.ids:
        assert body == sample.body
        return
    renewed, before = built(_with(sample, body)), built(sample)
    assert tuple(one["metadata"]["resource"]["id"] for one in renewed) == ids
    assert not set(ids) & set(request.ids)
    undone = json.dumps([one["data"] for one in renewed])
    for new, old in zip(ids, request.ids, strict=True):
        undone = undone.replace(new, old)
    assert undone == json.dumps([one["data"] for one in before])


@pytest.mark.parametrize("platform", platforms())
def test_every_platform_has_bodies_that_are_renewed(platform: str) -> None:
    assert any(one.ids for one in REQUESTS if one.platform == platform)


def test_only_whole_ids_are_renewed() -> None:
    body, ids = Renewal().of(b'{"id":57,"other":157,"more":"570","text":"57a, 57."}', ("57",))

    assert ids == ("10000000",)
    assert body == b'{"id":10000000,"other":157,"more":"570","text":"57a, 10000000."}'


def test_no_id_comes_twice() -> None:
    renewal = Renewal()
    many = next(one for one in REQUESTS if len(one.ids) > 2)

    ids = [id_ for _ in range(3) for id_ in renewal.of(many.body, many.ids)[1]]

    assert len(set(ids)) == 3 * len(many.ids)


def _name(sample: Sample) -> tuple[str, str]:
    return sample.platform, sample.path.name


def _with(sample: Sample, body: bytes) -> Sample:
    return Sample(sample.platform, sample.topic, sample.variant, body, sample.path)
