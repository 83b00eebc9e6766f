"""Worlds by chance: all that people, other apps, crashes and platforms may have left there."""

from datetime import timedelta
from random import Random

from commerce_hooks.stores import Policy
from commerce_hooks.subscriptions.addresses import Address
from worlds.memory import Memory
from worlds.world import BASE, FORMER, PLATFORMS, World

FOREIGN = (
    "https://elsewhere.example.net/hooks",
    "https://hooks.example.com/health",
    "https://hooks.example.com.evil.example/konimbo/acme/order_created/x",
    "http://hooks.example.com/konimbo/acme/order_created/x",
    "https://hooks.example.com:8443/centry/acme/x",
    "https://[",
    "",
)
_POLICIES: tuple[Policy, ...] = ("upsert", "upsert", "sync", "sync", "plan")
_TO_ALL = ("on_foo_save",)
"""A topic that the platform has by now and that we do not know."""


def generated(seed: int) -> World:
    """The world of this seed."""
    return _Making(Random(seed)).world()  # noqa: S311 - a world has to be the same again


class _Making:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        platform = PLATFORMS[chance.choice(["centry", "konimbo"])]
        topics = sorted(platform.topics)
        chosen = chance.sample(topics, chance.randint(1, len(topics)))
        self._world = World(
            platform=platform,
            policy=chance.choice(_POLICIES),
            generation=chance.randint(1, 3),
            topics=None if self._is(1 / 2) else tuple(chosen),
            memory=Memory(
                deletes=platform.name == "centry",
                tells_ids=self._is(3 / 4),
                accounts=platform.name == "centry",
                listed_after=timedelta(minutes=5 if self._is(1 / 4) else 0),
            ),
        )

    def world(self) -> World:
        for slot in self._slots():
            some = (0, 0, 1, 1, 1, 1, 2, 3) if slot else (0, 1, 1, 2, 2, 3)
            for _ in range(self._chance.choice(some)):
                self._record(slot)
        for _ in range(self._chance.randint(0, 6)):
            self._others()
        for _ in range(self._chance.choice((0, 0, 1, 2))):
            self._entry_without_record()
        return self._world

    def _is(self, share: float) -> bool:
        return self._chance.random() < share

    def _slots(self) -> list[str | None]:
        return list(self._world.platform.topics) if self._world.platform.topic_in_url else [None]

    def _record(self, slot: str | None) -> None:
        """One of ours: as it should be, or not any more."""
        world, right = self._world, self._is(1 / 2 if slot else 1 / 4)
        topics = world.wanted.get(slot, frozenset({slot or ""}))
        address = Address(
            base=BASE if right or self._is(1 / 2) else FORMER,
            slot=slot,
            key_id="k2" if right or self._is(1 / 2) else "k1",
            generation=world.generation if right else self._chance.randint(1, world.generation),
        )
        url = world.url(slot, key=address.key_id, generation=address.generation, base=address.base)
        if not right and self._is(1 / 3):
            topics = frozenset(self._chance.sample(sorted(world.platform.topics), 1))
        if slot is None and self._is(1 / 8):
            topics = topics.union(_TO_ALL)
        id_ = world.memory.put(self._spelled(url), topics)
        if self._is(2 / 3):
            known = topics.intersection(world.platform.topics)
            if self._is(1 / 5):
                known = frozenset({"changed"})
            world.ledger.intend(address, known, id_)
        if self._is(1 / 12):
            world.memory.inactive.add(id_)

    def _spelled(self, url: str) -> str:
        """The same URL as platforms and people may write it."""
        ways = (
            url,
            url,
            url,
            f" {url} ",
            f"{url}?utm=1",
            url.replace("https://hooks", "https://HOOKS"),
        )
        return self._chance.choice(ways)

    def _others(self) -> None:
        """Other apps', other deployments', other stores', and what only looks like ours."""
        world, slot = self._world, self._chance.choice(self._slots())
        urls = (
            *FOREIGN,
            world.url(slot, store="acme-2"),
            world.url(slot, base="https://staging.example.com"),
            world.url(slot, base="https://staging.example.com", stranger=True),
            world.url(slot, stranger=True),
            world.url(slot)[:-1],
            world.url(slot) + "/",
        )
        topics = self._chance.sample(sorted(world.platform.topics), 1)
        world.memory.put(self._chance.choice(urls), frozenset(topics))

    def _entry_without_record(self) -> None:
        """Of a record that is gone, or of which it is not known whether it came to be."""
        world, slot = self._world, self._chance.choice(self._slots())
        world.passed = -timedelta(minutes=self._chance.choice((1, 30)))
        topics = world.wanted.get(slot, frozenset({slot or ""}))
        id_ = self._chance.choice((None, None, "7777"))
        world.ledger.intend(world.addresses.current(slot), topics, id_)
        world.passed = timedelta()
