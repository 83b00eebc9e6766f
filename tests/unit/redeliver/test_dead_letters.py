"""Poison is kept with its cause, in a message that SQS takes."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter
from redeliver.dead_letters import Dead, DeadLetters
from support.receiving import FakeClock, MemoryOutboxQueue
from support.sqs_messages import check_message

MAX_BYTES = 1_048_576
TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=50)
NAMES = st.from_regex(r"x-[a-z0-9-]{1,40}", fullmatch=True)


def buried(letter: Letter, cause: str = "no attribute kind") -> Letter:
    queue, clock = MemoryOutboxQueue(), FakeClock()
    assert DeadLetters(queue).bury([Dead(letter, cause)], Deadline(clock, 10)) == [None]
    (dead,) = queue.letters
    return dead


def assert_sqs_takes(letter: Letter) -> None:
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in letter.attributes.items()
    }
    check_message(letter.text, attributes, MAX_BYTES)


@given(TEXTS, st.dictionaries(NAMES, TEXTS, max_size=10))
def test_what_was_received_is_kept_as_far_as_there_is_room_beside_the_cause(
    text: str, attributes: dict[str, str]
) -> None:
    dead = buried(Letter(text, attributes))

    assert_sqs_takes(dead)
    assert dead.text == text
    assert dead.attributes["cause"] == "no attribute kind"
    kept = {name: value for name, value in dead.attributes.items() if name != "cause"}
    assert kept.items() <= attributes.items()
    assert len(kept) == min(len(attributes), 9)


def test_a_letter_that_came_back_from_the_dead_has_its_new_cause_alone() -> None:
    dead = buried(Letter("x", {"cause": "bus: MalformedDetail", "kind": "event"}))

    assert dead.attributes == {"cause": "no attribute kind", "kind": "event"}


def test_a_text_as_large_as_sqs_takes_is_kept_without_what_there_is_no_room_for() -> None:
    exactly, almost = "\u00e9" * (MAX_BYTES // 2), "x" * (MAX_BYTES - 40)
    attributes = {"kind": "event", "source": "commerce-hooks.centry"}

    assert buried(Letter(exactly, attributes)) == Letter(exactly, {})
    assert buried(Letter(almost, attributes)).attributes.keys() == {"cause"}


def test_what_is_no_text_at_all_is_left_to_the_queue_to_refuse() -> None:
    letter = Letter("\ud800", {"\ud800": "\udfff"})

    assert buried(letter) == Letter("\ud800", {"cause": "no attribute kind", "\ud800": "\udfff"})


def test_what_the_queue_refuses_keeps_nothing_else_out() -> None:
    class Picky(MemoryOutboxQueue):
        def put(self, letters: Sequence[Letter], seconds: float) -> Sequence[str | None]:
            if letters[0].text == "bad":
                clock.sleep(seconds)
                raise UnavailableError("queue", "InvalidMessageContents")
            return super().put(letters, seconds)

    clock, queue = FakeClock(), Picky()
    dead = [Dead(Letter(text, {}), "x") for text in ("a", "bad", "b", "c")]

    codes = DeadLetters(queue).bury(dead, Deadline(clock, 45))

    assert codes == [None, "InvalidMessageContents", None, None]
    assert [letter.text for letter in queue.letters] == ["a", "b", "c"]
    assert clock.seconds < QUEUE_SECONDS


def test_without_poison_the_queue_is_not_called() -> None:
    queue = MemoryOutboxQueue(failing=True)

    assert DeadLetters(queue).bury([], Deadline(FakeClock(), 45)) == []
