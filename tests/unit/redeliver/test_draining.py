"""What waits in the bucket goes out, wherever the function dies, and blocks nothing else there."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from commerce_hooks.deadline import BUCKET_SECONDS, BUS_SECONDS
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter, dump, parse
from commerce_hooks.publishing import BusEntry
from redeliver.draining import AT_ONCE, CHUNK_SECONDS, MOST_BYTES, MOST_FRUITLESS, MOST_LISTED
from support.bulk import Crashes
from support.faults import CrashError
from support.outbox import NOW, RUN_SECONDS, OutboxRig, callback, letter

POISON = Letter("hello", {"kind": "event"})


def key(number: int, platform: str = "centry") -> str:
    return f"outbox/{platform}/2026-03-09/c{number:04}.0.json"


def keep(rig: OutboxRig, number: int, *letters: Letter, platform: str = "centry") -> str:
    """An object with these letters, or the one of this number."""
    name = key(number, platform)
    rig.bucket.put(name, dump(letters or [letter(number)]), {})
    return name


def drain(rig: OutboxRig, seconds: float = RUN_SECONDS) -> int | None:
    return rig.drain.run(rig.until(seconds))


def left(rig: OutboxRig) -> list[str]:
    return sorted(rig.bucket.objects)


def test_an_empty_prefix_costs_one_call_and_not_a_line() -> None:
    rig = OutboxRig()
    rig.bucket.put("oversize/centry/x.json", b"{}", {})

    assert drain(rig) == 0

    assert rig.crashes.calls == 1
    assert not rig.told.lines


def test_everything_of_all_platforms_goes_out_and_is_deleted() -> None:
    rig = OutboxRig()
    for number in range(25):
        keep(rig, number, platform=("centry", "iset", "cenit")[number % 3])

    assert drain(rig) == 0

    assert sorted(rig.published) == sorted(f"c{number}.0" for number in range(25))
    assert not rig.bucket.objects
    assert set(rig.outcomes) == {"delivered"}


def test_letters_of_several_objects_share_their_calls() -> None:
    rig = OutboxRig()
    for number in range(AT_ONCE):
        keep(rig, number)

    drain(rig)

    assert [len(call) for call in rig.event_bridge.calls] == [10]


def test_the_oldest_come_first() -> None:
    rig = OutboxRig()
    for number in range(2 * AT_ONCE):
        rig.objects.kept_at[keep(rig, number)] = NOW - timedelta(minutes=number)

    drain(rig, CHUNK_SECONDS)
    rig.bus.before = lambda _: rig.clock.sleep(1)

    assert rig.published[0] == f"c{2 * AT_ONCE - 1}.0"


def test_a_run_out_of_time_leaves_the_rest_to_the_next() -> None:
    rig = OutboxRig()
    for number in range(3 * AT_ONCE):
        keep(rig, number)
    rig.bus.before = lambda _: rig.clock.sleep(1)

    assert drain(rig, CHUNK_SECONDS + 1) == AT_ONCE
    assert drain(rig) == 0

    assert len(rig.published) == 3 * AT_ONCE


def test_without_time_for_a_chunk_nothing_is_begun() -> None:
    rig = OutboxRig()
    keep(rig, 1)

    assert drain(rig, CHUNK_SECONDS - 0.1) == 1
    assert not rig.event_bridge.calls


def test_without_any_time_the_bucket_is_not_asked() -> None:
    rig = OutboxRig()
    keep(rig, 1)

    assert drain(rig, 0) is None

    assert rig.told.lines[0]["cause"] == "bucket: deadline"
    assert not rig.crashes.calls


def test_of_very_many_so_many_are_listed_that_time_is_left_for_them() -> None:
    rig = OutboxRig()
    rig.objects.page_size = 1_000
    for number in range(MOST_LISTED + 1):
        rig.bucket.objects[key(number)] = b"hello"

    assert drain(rig, CHUNK_SECONDS - 0.1) == MOST_LISTED


def test_an_object_that_cannot_be_read_stays_is_told_and_blocks_no_other() -> None:
    rig = OutboxRig()
    rig.bucket.put(key(1), b"CANARY", {})
    keep(rig, 2)

    assert drain(rig) == 1

    assert rig.published == ["c2.0"]
    assert left(rig) == [key(1)]
    assert {"level": "error", "outcome": "unreadable"}.items() <= rig.told.lines[0].items()
    assert rig.told.lines[0]["letter"] == key(1)
    assert "CANARY" not in str(rig.told.lines)


def test_an_object_without_letters_is_done_with() -> None:
    rig = OutboxRig()
    rig.bucket.put(key(1), dump([]), {})

    assert drain(rig) == 0
    assert not rig.bucket.objects


def test_poison_among_letters_goes_to_the_dead_ones_and_the_rest_out() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append({0: "MalformedDetail"})
    keep(rig, 1, letter(1), POISON, letter(2))

    assert drain(rig) == 0

    assert rig.published == ["c2.0"]
    assert [one.text for one in rig.dead_letters.letters] == [letter(1).text, "hello"]
    assert [line["outcome"] for line in rig.told.lines] == ["delivered", "poison", "poison"]
    assert rig.told.lines[1]["letter"] == key(1)


def test_poison_that_cannot_be_buried_stays_alone_so_that_the_rest_goes_out_once() -> None:
    rig = OutboxRig()
    rig.dead_letters.failing = True
    keep(rig, 1, letter(1), POISON)

    assert drain(rig) == drain(rig) == 1

    assert rig.published == ["c1.0"]
    assert parse(rig.bucket.objects[key(1)]) == [POISON]
    rig.dead_letters.failing = False
    assert drain(rig) == 0
    assert not rig.bucket.objects


def test_of_an_object_that_is_half_out_the_other_half_stays() -> None:
    rig = OutboxRig()
    keep(rig, 1, *map(letter, range(12)))
    rig.event_bridge.fail_next.extend([{}, "AccessDeniedException"])

    assert drain(rig) == 1

    assert [one.attributes["event-id"] for one in parse(rig.bucket.objects[key(1)])] == [
        "c10.0",
        "c11.0",
    ]
    assert drain(rig) == 0
    assert sorted(rig.published) == sorted(f"c{number}.0" for number in range(12))


def test_an_object_that_nothing_came_of_is_left_as_it_is_so_that_its_age_is_seen() -> None:
    rig = OutboxRig()
    name = keep(rig, 1)
    rig.objects.kept_at[name] = NOW - timedelta(hours=1)
    rig.event_bridge.fail_next.append("AccessDeniedException")

    drain(rig)

    assert rig.objects.kept_at[name] == NOW - timedelta(hours=1)


def test_what_becomes_of_the_objects_has_all_of_its_time_however_long_the_letters_took() -> None:
    rig = OutboxRig()
    keep(rig, 0)
    keep(rig, 1, *map(callback, range(6)))
    given: list[float] = []

    def last(seconds: float) -> None:
        given.append(seconds)
        if rig.published:
            rig.clock.sleep(seconds)

    rig.bus.before = lambda _: rig.clock.sleep(8.2)
    rig.objects.on_call = last

    assert drain(rig) == 1
    assert given == [BUCKET_SECONDS] * 4
    assert rig.outcomes == ["delivered", "untried"]


def test_as_long_as_the_bus_takes_something_a_run_goes_on() -> None:
    rig = OutboxRig()
    for number in range(6 * AT_ONCE):
        keep(rig, number)
    denied = {0: "NotAuthorizedForSourceException"}
    rig.event_bridge.fail_next.extend([denied] * 6)

    assert drain(rig) == 6


def test_a_callback_in_the_bucket_is_received_again_as_one_in_the_queue() -> None:
    rig = OutboxRig()
    keep(rig, 1, callback(1))

    assert drain(rig) == 0
    assert rig.published == ["k1.0"]


def test_while_the_bus_is_down_a_run_ends_soon() -> None:
    rig = OutboxRig()
    for number in range(10 * AT_ONCE):
        keep(rig, number)

    def hang(_entries: Sequence[BusEntry]) -> None:
        rig.clock.sleep(3.0)
        raise UnavailableError("bus", "Timeout")

    rig.bus.before = hang

    assert drain(rig) == 10 * AT_ONCE

    assert rig.outcomes == ["unavailable"] * MOST_FRUITLESS
    assert rig.clock.seconds <= MOST_FRUITLESS * (BUS_SECONDS + 3)


def test_what_never_goes_out_blocks_nothing_for_long() -> None:
    """More objects than a run tries in vain; the bus takes all others."""
    rig = OutboxRig()
    stuck = MOST_FRUITLESS * AT_ONCE
    for number in range(stuck + 5):
        rig.objects.kept_at[keep(rig, number)] = NOW + timedelta(seconds=number)

    def refuse(entries: Sequence[BusEntry]) -> None:
        if any(int(entry.event_id[1:-2]) < stuck for entry in entries):
            raise UnavailableError("bus", "AccessDeniedException", may_pass=False)

    rig.bus.before = refuse

    assert drain(rig) == stuck + 5
    drain(rig)

    assert sorted(rig.published) == sorted(f"c{number}.0" for number in range(stuck, stuck + 5))


def test_one_that_spoils_the_call_of_ten_holds_up_the_nine_for_one_run() -> None:
    rig = OutboxRig()
    for number in range(AT_ONCE):
        keep(rig, number)

    def refuse(entries: Sequence[BusEntry]) -> None:
        if any(entry.event_id == "c3.0" for entry in entries):
            raise UnavailableError("bus", "AccessDeniedException", may_pass=False)

    rig.bus.before = refuse

    assert drain(rig) == AT_ONCE
    assert drain(rig) == 1
    assert left(rig) == [key(3)]


def test_what_was_tried_in_vain_is_forgotten_once_it_is_gone() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    keep(rig, 1)
    drain(rig)
    rig.bucket.objects.clear()

    assert drain(rig) == 0
    assert not rig.drain.stuck


def test_a_bucket_that_does_not_tell_is_not_taken_for_an_empty_one() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    keep(rig, 1)
    drain(rig)
    rig.objects.failing.add("page")

    assert drain(rig) is None


def test_an_object_that_somebody_else_delivered_meanwhile_is_gone_for_the_next_run() -> None:
    rig = OutboxRig()
    keep(rig, 1)
    page = rig.objects.page("outbox/", None, 1)
    rig.bucket.objects.clear()
    rig.objects.pages.append(page)

    assert drain(rig) == 1, "it may be one that can't be read"
    assert drain(rig) == 0


def test_an_object_that_may_not_be_read_stays_is_told_and_blocks_no_other() -> None:
    rig = OutboxRig()
    rig.objects.denied.add(keep(rig, 1))
    keep(rig, 2)

    assert drain(rig) == drain(rig) == 1

    assert rig.published == ["c2.0"]
    assert left(rig) == [key(1)]
    assert rig.told.lines[0] == {"level": "error", "outcome": "unread", "objects": [key(1)]}


def test_while_nothing_may_be_read_all_is_left_and_a_run_ends_soon() -> None:
    rig = OutboxRig()
    for number in range(10 * AT_ONCE):
        rig.objects.denied.add(keep(rig, number))

    assert drain(rig) == 10 * AT_ONCE

    assert rig.outcomes == ["unread"] * MOST_FRUITLESS
    rig.objects.denied.clear()
    drain(rig)
    assert drain(rig) == 0


def test_large_objects_are_read_one_after_the_other() -> None:
    rig = OutboxRig()
    for number, size in enumerate([MOST_BYTES // 2, MOST_BYTES // 2, 1, MOST_BYTES + 1, 1, 1]):
        name = keep(rig, number)
        rig.objects.sizes[name] = size
    read, together = rig.objects.read, []

    def told(keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        together.append(sum(rig.objects.sizes[name] for name in keys))
        return read(keys, seconds)

    rig.objects.read = told  # type: ignore[method-assign]

    assert drain(rig) == 0
    assert together == [MOST_BYTES, 1, MOST_BYTES + 1, 2]


STRANGE = [
    b"",
    b"\xff",
    b"[]",
    b'{"letters":null}',
    b'{"letters":[null]}',
    b'{"letters":[{"text":"x"}]}',
    b'{"letters":[{"text":"x","attributes":null}]}',
    b'{"letters":[{"text":"x","attributes":["kind"]}]}',
    b'{"letters":[{"text":"x","attributes":{"kind":null}}]}',
    b'{"letters":[{"text":{"x":1},"attributes":{}}]}',
    b'{"letters":' + b"[" * 200_000,
]
NEVER_EVENTS = [
    b'{"letters":[{"text":"\\ud800","attributes":{}}]}',
    b'{"letters":[{"text":"{}","attributes":{"kind":"\\ud800","source":"\\udfff"}}]}',
    b'{"letters":[{"text":"base64,e30=","attributes":{"kind":"callback","platform":"\\ud800"}}]}',
]


def test_odd_objects_stay_or_lie_with_the_dead_letters_and_block_no_good_ones() -> None:
    rig = OutboxRig()
    for number, body in enumerate([*STRANGE, *NEVER_EVENTS]):
        rig.bucket.objects[f"outbox/centry/2026-03-08/{number:02}.json"] = body
        keep(rig, number)

    for _ in range(3):
        assert drain(rig) == len(STRANGE)

    good = len(STRANGE) + len(NEVER_EVENTS)
    assert sorted(rig.published) == sorted(f"c{number}.0" for number in range(good))
    assert len(rig.dead_letters.letters) == len(NEVER_EVENTS)
    assert list(rig.bucket.objects.values()) == STRANGE


def test_a_few_that_never_go_out_keep_no_others_back_that_were_tried_in_vain() -> None:
    rig = OutboxRig()
    for number in range(4 * MOST_FRUITLESS):
        rig.objects.kept_at[keep(rig, number)] = NOW + timedelta(seconds=number)
    denied = 4 * MOST_FRUITLESS

    def refuse(entries: Sequence[BusEntry]) -> None:
        if any(int(entry.event_id[1:-2]) < denied for entry in entries):
            raise UnavailableError("bus", "AccessDeniedException", may_pass=False)

    rig.bus.before = refuse
    drain(rig)
    denied = MOST_FRUITLESS

    for _ in range(100):
        drain(rig)

    assert left(rig) == [key(number) for number in range(MOST_FRUITLESS)]


@pytest.mark.parametrize("call", ["page", "read", "delete", "put"])
def test_while_the_bucket_fails_the_run_ends_and_the_next_goes_on(call: str) -> None:
    rig = OutboxRig()
    rig.dead_letters.failing = True
    keep(rig, 1, letter(1), POISON)
    keep(rig, 2)
    rig.objects.failing.add(call)

    drain(rig)
    assert rig.told.lines[-1] == {
        "level": "warning",
        "outcome": "unavailable",
        "cause": "bucket: SlowDown",
    }
    rig.objects.failing.clear()
    rig.dead_letters.failing = False

    assert drain(rig) == 0
    assert set(rig.published) == {"c1.0", "c2.0"}


def test_what_is_left_is_told_even_if_the_bucket_failed_on_the_way() -> None:
    rig = OutboxRig()
    keep(rig, 1)
    rig.objects.failing.add("read")

    assert drain(rig) == 1
    rig.objects.failing = {"delete"}
    assert drain(rig) == 1


def test_all_objects_of_a_run_that_hangs_at_every_call_take_less_than_the_run_may() -> None:
    rig = OutboxRig()
    for number in range(3 * AT_ONCE):
        keep(rig, number, letter(number), POISON)
    rig.bus.before = lambda _: rig.clock.sleep(2.9)
    rig.objects.on_call = rig.clock.sleep

    drain(rig)

    assert rig.clock.seconds <= RUN_SECONDS


def filled(crashes: Crashes | None = None) -> OutboxRig:
    rig = OutboxRig(crashes)
    keep(rig, 1, letter(1), POISON, callback(2))
    keep(rig, 3, letter(3))
    return rig


def calls_of_a_run() -> int:
    rig = filled()
    drain(rig)
    return rig.crashes.calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(calls_of_a_run()))
def test_wherever_the_function_dies_nothing_is_lost(at: int, *, after: bool) -> None:
    rig = filled(Crashes(at, after))
    with pytest.raises(CrashError):
        drain(rig)

    drain(rig)

    assert {"c1.0", "k2.0", "c3.0"} == set(rig.published)
    assert all(rig.published.count(id_) <= 2 for id_ in rig.published)
    assert {one.text for one in rig.dead_letters.letters} == {"hello"}
    assert not rig.bucket.objects


def test_what_was_published_twice_is_the_same_event_twice() -> None:
    rig = OutboxRig(Crashes(at=3))
    keep(rig, 1)
    with pytest.raises(CrashError):
        drain(rig)

    drain(rig)

    first, second = (json.dumps(detail) for detail in rig.event_bridge.details)
    assert first == second
