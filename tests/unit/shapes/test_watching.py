"""What is new is told and then kept, whatever fails, and nothing else costs a call."""

from collections.abc import Callable
from typing import Any

import pytest

from shapes.shapes import BODY, KnownShape
from shapes.sightings import Sighting, WatchedTopic
from shapes.watching import MAX_TRIES
from support.shapes import ORDERS, Watched, sighting

CUSTOMERS = WatchedTopic("konimbo", "customer_created")


@pytest.fixture
def watched() -> Watched:
    return Watched()


def customer(data: Any, number: int) -> Sighting:
    return sighting(data, number, topic="customer_created")


def test_what_is_new_is_told_kept_and_counted(watched: Watched) -> None:
    left = watched.learn(sighting({"id": 1}))

    assert left == []
    assert watched.ids == ["c1.0.s"]
    assert watched.paths() == {"", "id"}
    assert [change.news for change in watched.changes] == [(BODY, ("id", "integer"))]


def test_what_is_known_is_neither_told_nor_written_nor_read(watched: Watched) -> None:
    container = watched.container()
    watched.learn(sighting({"id": 1}), by=container)

    left = watched.learn(*(sighting({"id": n}, n) for n in range(2, 100)), by=container)

    assert left == []
    assert len(watched.ids) == 1
    assert (watched.store.reads, watched.store.writes) == (1, 1)


def test_a_new_container_reads_once_and_tells_nothing(watched: Watched) -> None:
    watched.learn(sighting({"id": 1}))
    container = watched.container()

    watched.learn(sighting({"id": 2}, 2), by=container)
    watched.learn(sighting({"id": 3}, 3), by=container)

    assert len(watched.ids) == 1
    assert (watched.store.reads, watched.store.writes) == (2, 1)


def test_of_a_batch_each_tells_only_what_it_adds_and_the_set_is_written_once(
    watched: Watched,
) -> None:
    watched.learn(
        sighting({"id": 1}, 1), sighting({"id": 2}, 2), sighting({"id": 3, "name": "x"}, 3)
    )

    assert [told["added"] for told in watched.told] == [
        [{"path": "", "type": "object"}, {"path": "id", "type": "integer"}],
        [{"path": "name", "type": "string"}],
    ]
    assert [told["first"] for told in watched.told] == [True, False]
    assert watched.store.sets[ORDERS].changes == 2
    assert watched.store.writes == 1


def test_topics_are_learned_apart(watched: Watched) -> None:
    watched.learn(sighting({"id": 1}), customer({"name": "x"}, 2))

    assert watched.paths(ORDERS) == {"", "id"}
    assert watched.paths(CUSTOMERS) == {"", "name"}


def test_a_crash_after_the_notice_and_before_the_set_is_kept_tells_it_again(
    watched: Watched,
) -> None:
    class CrashError(BaseException):
        pass

    def crash() -> None:
        raise CrashError

    watched.store.before_write.append(crash)
    with pytest.raises(CrashError):
        watched.learn(sighting({"id": 1}))
    assert watched.store.sets == {}

    left = watched.learn(sighting({"id": 1}))

    assert left == []
    assert watched.ids == ["c1.0.s", "c1.0.s"]
    assert watched.told[0] == watched.told[1]
    assert watched.paths() == {"", "id"}


@pytest.mark.parametrize("failure", ["AccessDeniedException", {0: "AccessDeniedException"}])
def test_what_could_not_be_told_is_not_kept_and_comes_again(
    watched: Watched, failure: str | dict[int, str]
) -> None:
    watched.event_bridge.fail_next.append(failure)

    (left,) = watched.learn(sighting({"id": 1}))

    assert left.sighting.message_id == "m1"
    assert left.cause.startswith("bus: ")
    assert watched.store.sets == {}
    assert watched.changes == []
    assert watched.learn(sighting({"id": 1})) == []
    assert watched.ids == ["c1.0.s"]


def test_a_notice_that_the_bus_refuses_for_good_is_not_lost_either(watched: Watched) -> None:
    watched.event_bridge.fail_next.append({0: "MalformedDetail"})

    (left,) = watched.learn(sighting({"id": 1}))

    assert left.cause == "bus: MalformedDetail"
    assert watched.store.sets == {}


def test_a_bus_that_fails_in_passing_is_tried_again(watched: Watched) -> None:
    watched.event_bridge.fail_next.extend(["ThrottlingException"] * 3)

    assert watched.learn(sighting({"id": 1})) == []


def test_while_nothing_can_be_read_only_what_shows_something_new_comes_again(
    watched: Watched,
) -> None:
    container = watched.container()
    watched.learn(sighting({"id": 1}, 1), by=container)
    watched.store.failing = {"read"}

    left = watched.learn(
        sighting({"id": 2}, 2),
        sighting({"name": "x"}, 3),
        sighting({"name": "y"}, 4),
        by=container,
    )

    assert [(one.sighting.message_id, one.cause) for one in left] == [("m3", "bucket: SlowDown")]
    assert len(watched.ids) == 1


def test_while_nothing_can_be_written_a_container_tells_it_once_and_each_comes_again(
    watched: Watched,
) -> None:
    container = watched.container()
    watched.store.failing = {"write"}

    for number in (1, 2, 3):
        (left,) = watched.learn(sighting({"id": number}, number), by=container)
        assert left.sighting.message_id == f"m{number}"

    assert watched.ids == ["c1.0.s"]
    watched.store.failing = set()
    assert watched.learn(sighting({"id": 4}, 4), by=container) == []
    assert watched.ids == ["c1.0.s"]
    assert watched.paths() == {"", "id"}


def test_one_topic_s_failure_is_no_other_s(watched: Watched) -> None:
    watched.event_bridge.fail_next.append("AccessDeniedException")

    left = watched.learn(sighting({"id": 1}, 1), customer({"id": 1}, 2))

    assert [one.sighting.message_id for one in left] == ["m1"]
    assert watched.paths(CUSTOMERS) == {"", "id"}


def meanwhile(watched: Watched, data: Any, number: int) -> Callable[[], None]:
    """Another container that learns something while this one is about to write."""

    def learn() -> None:
        others, watched.store.before_write = watched.store.before_write, []
        watched.learn(sighting(data, number))
        watched.store.before_write = others

    return learn


def test_two_containers_that_write_at_once_lose_nothing_of_each_other(watched: Watched) -> None:
    watched.store.before_write.append(meanwhile(watched, {"b": 1}, 9))

    assert watched.learn(sighting({"a": 1})) == []

    assert watched.paths() == {"", "a", "b"}
    assert watched.store.sets[ORDERS].changes == 2
    # Each tells its own once: nobody tells again because a write was in vain.
    assert sorted(watched.ids) == ["c1.0.s", "c9.0.s"]


def test_what_another_container_has_kept_in_between_is_not_written_again(
    watched: Watched,
) -> None:
    watched.store.before_write.append(meanwhile(watched, {"a": 1}, 9))

    assert watched.learn(sighting({"a": 1})) == []

    assert watched.store.writes == 1


def test_even_at_the_last_try_what_another_has_kept_is_settled(watched: Watched) -> None:
    bodies = [*({f"x{number}": 1} for number in range(MAX_TRIES - 2)), {"a": 1}]
    watched.store.before_write += [
        meanwhile(watched, body, number) for number, body in enumerate(bodies, 10)
    ]

    assert watched.learn(sighting({"a": 1})) == []


def test_a_set_that_others_write_all_the_time_is_left_for_later(watched: Watched) -> None:
    watched.store.before_write += [
        meanwhile(watched, {f"x{number}": 1}, number) for number in range(10, 10 + MAX_TRIES)
    ]

    (left,) = watched.learn(sighting({"a": 1}))

    assert left.cause == "bucket: Conflict"
    assert watched.ids.count("c1.0.s") == 1


def test_nothing_is_begun_when_time_is_over(watched: Watched) -> None:
    (left,) = watched.learn(sighting({"a": 1}), seconds=0)

    assert left.cause == "bucket: deadline"
    assert watched.store.reads == 0


def test_a_set_that_an_operator_deleted_begins_anew_with_the_next_news(watched: Watched) -> None:
    container = watched.container()
    watched.learn(sighting({"a": 1}, 1), by=container)
    watched.store.sets.clear()

    watched.learn(sighting({"a": 1, "b": 1}, 2), by=container)

    assert watched.told[1]["first"] is True
    assert watched.paths() == {"", "a", "b"}


def test_what_was_told_before_that_is_told_anew(watched: Watched) -> None:
    container = watched.container()
    watched.learn(sighting({"a": 1}, 1), by=container)
    watched.store.sets.clear()

    watched.learn(sighting({"b": 1}, 2), by=container)
    watched.learn(sighting({"a": 1}, 3), by=container)

    assert watched.told[2]["added"] == [{"path": "a", "type": "integer"}]


def test_many_bodies_by_many_containers_come_to_the_union(watched: Watched) -> None:
    containers = [watched.container() for _ in range(3)]
    for number in range(60):
        body = {f"field_{number % 7}": None, f"field_{number % 11}": 1}
        watched.learn(sighting(body, number), by=containers[number % 3])

    known: KnownShape = watched.store.sets[ORDERS]
    assert known.pairs == {
        BODY,
        *((f"field_{number}", "null") for number in range(7)),
        *((f"field_{number}", "integer") for number in range(11)),
    }
    told = {(one["path"], one["type"]) for notice in watched.told for one in notice["added"]}
    assert told == known.pairs
