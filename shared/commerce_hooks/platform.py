"""What the kernel needs to know of a platform: its topics, and where a callback names its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from commerce_hooks.decoding import JsonObject
from commerce_hooks.schemas.callback_body import CallbackBody

UNRECOGNIZED = "callback.unrecognized"
QUARANTINED = "callback.quarantined"
SYNTHETIC = "callback.synthetic"
SYNTHETIC_STORE = "synthetic"
"""A store that no shop has. All its events are `callback.synthetic`, whatever a callback says: so
a deployment can be tried from end to end, and no consumer takes it for a fact or a request."""
SYSTEM_SOURCE = "commerce-hooks.system"
"""The source of events about ourselves, of which no platform called."""


def whole_body(body: JsonObject) -> Sequence[JsonObject]:
    """One event, holding the body as it came."""
    return (body,)


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing a platform calls about.

    Args:
        name: The platform's word for it, or ours where the platform has none.
        detail_type: `<resource>.<action>` of its events.
        schema: Model of the body, or of each part of it.
        resource_type: Where it differs from the detail-type's first half.
        once: The fact can happen only once for a resource, so repeats share a `dedup_key`.
        also_called: Words by which bodies name this topic, beside `name`.
        parts: The data of each event that a body holds.
        many: A body may hold more than can be published while the platform waits.
        mostly_personal: Off unless the operator asks for it.
    """

    name: str
    detail_type: str
    schema: type[CallbackBody]
    resource_type: str = ""
    once: bool = False
    also_called: frozenset[str] = frozenset()
    parts: Callable[[JsonObject], Sequence[JsonObject]] = whole_body
    many: bool = False
    mostly_personal: bool = False

    def __post_init__(self) -> None:
        if not self.resource_type:
            object.__setattr__(self, "resource_type", self.detail_type.partition(".")[0])

    @property
    def action(self) -> str:
        return self.detail_type.partition(".")[2]

    def same_kind(self, other: "Topic") -> bool:
        """Whether the two are about the same sort of thing, both or neither a deletion."""
        return (self.resource_type, self.action == "deleted") == (
            other.resource_type,
            other.action == "deleted",
        )


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform whose callbacks we take.

    Args:
        name: Its folder, its part of the URL, and the end of its events' `source`.
        topics: By their names; build it with `topics_by_name`.
        topic_field: The body's field that names the topic, where the URL doesn't.
        takes_forms: Bodies may be forms as well as JSON.
        sensitive: Bodies of some topic may hold card data or national ids. Raw bytes of any are
            then kept for days, not weeks, and on no queue: what is kept is just what was not
            what its URL says, and URLs are pasted by hand.
        synchronous: It waits for our answer and reads it, so what cannot become an event is
            refused, and never kept or published as something else.
    """

    name: str
    topics: Mapping[str, Topic]
    topic_field: str | None = None
    takes_forms: bool = False
    sensitive: bool = False
    synchronous: bool = False
    _words: Mapping[str, Topic] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = {word: topic for topic in self.topics.values() for word in topic.also_called}
        object.__setattr__(self, "_words", {**words, **self.topics})

    @property
    def topic_in_url(self) -> bool:
        return self.topic_field is None

    @property
    def source(self) -> str:
        return f"commerce-hooks.{self.name}"

    @property
    def detail_types(self) -> tuple[str, ...]:
        """All that its function may publish, sorted: the list in its role's policy."""
        of_topics = {topic.detail_type for topic in self.topics.values()}
        others = set() if self.synchronous else {UNRECOGNIZED, QUARANTINED}
        return tuple(sorted(of_topics | others | {SYNTHETIC}))

    def topic_called(self, word: str) -> Topic | None:
        """The topic that a body means by this word, if we know it."""
        return self._words.get(word)


def topics_by_name(*topics: Topic) -> Mapping[str, Topic]:
    return {topic.name: topic for topic in topics}
