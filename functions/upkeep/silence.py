"""When a store is silent: nothing came of it, or not what is expected, for as long as it may."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks.state.seen import Seen
from commerce_hooks.stores import StoreConfiguration, StoreId


@dataclass(frozen=True, slots=True)
class Silence:
    """What has not come of a store.

    Args:
        since: When the last of it came, or the store was added.
        hours: So long it may not come.
        everything: Nothing at all came; else only `topics`.
        topics: Those that are expected and did not come, sorted.
    """

    store: StoreId
    since: datetime
    hours: int
    everything: bool
    topics: tuple[str, ...]

    @property
    def id(self) -> str:
        """The same for the same silence, so that to tell it again is to tell the same."""
        told = "\n".join((str(self.store), str(self.everything), iso_utc(self.since), *self.topics))
        return sha256(told.encode()).hexdigest()[:32]

    @property
    def data(self) -> JsonObject:
        """For consumers, and for the state table."""
        return {
            "since": iso_utc(self.since),
            "hours": self.hours,
            "everything": self.everything,
            "topics": list(self.topics),
        }

    def worse_than(self, other: "Silence") -> bool:
        """Whether something is silent that in the other was not."""
        return self.everything > other.everything or not set(self.topics) <= set(other.topics)

    def broken_by(self, seen: Iterable[Seen]) -> bool:
        """Whether any of what was silent has come since."""
        return any(
            one.received_at > self.since and (self.everything or one.topic in self.topics)
            for one in seen
        )


def silence_of(
    store: StoreId, configuration: StoreConfiguration, seen: Iterable[Seen], now: datetime
) -> Silence | None:
    """The store's silence, if it is silent. `seen`: what was seen of this store, and no other."""
    if not configuration.silence_hours or store.name == SYNTHETIC_STORE:
        return None
    added_at = datetime.fromisoformat(configuration.added_at)
    last = dict.fromkeys(configuration.expected_topics, added_at)
    heard_at = added_at
    for one in seen:
        heard_at = max(heard_at, one.received_at)
        if one.topic in last:
            last[one.topic] = max(last[one.topic], one.received_at)
    lately = now - timedelta(hours=configuration.silence_hours)
    silent = {topic: moment for topic, moment in last.items() if moment <= lately}
    everything = heard_at <= lately
    if not everything and not silent:
        return None
    return Silence(
        store=store,
        since=heard_at if everything else max(silent.values()),
        hours=configuration.silence_hours,
        everything=everything,
        topics=tuple(sorted(silent)),
    )
