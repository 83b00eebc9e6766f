"""The command with stores whose platforms keep subscriptions, in memory, and a bus on moto."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform_access import Credentials, PlatformAccess, StoreAccess, Surroundings
from commerce_hooks.state.table import Row
from commerce_hooks.stores import PRODUCTION, StoreId
from commerce_hooks.subscriptions.records import Record, record_of
from commerce_hooks_cli.callbacks import CallbackUrls
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.world import World
from support.command import LOCAL
from support.platforms import platforms
from support.store_world import ACME, StoreWorld
from support.stores import FakeCredentials, NoNetwork
from worlds.memory import Memory

CENTRY = StoreId("centry", "acme")
STRANGER = "https://stranger.example/hooks/a-strangers-secret-5d2c"
OTHER_RING = KeyRing("k1", {"k1": "key-of-another-deployment-0123456789abc"}, {})
_OF_OURS = {"source": [{"prefix": "commerce-hooks."}]}


class SubscribedShops(StoreWorld):
    """Every store has a platform of its own; those of Konimbo cannot delete.

    Its attribute `seconds` is what the clock of deadlines shows.
    """

    def __init__(self, tmp_path: Path, deployment: Deployment = LOCAL) -> None:
        self.numbers = count()
        self.seconds = 0.0
        self.memories: dict[StoreId, Memory] = defaultdict(Memory)
        super().__init__(tmp_path, deployment)
        self.accesses = {
            "centry": self._access("centry", deletes=True),
            "konimbo": self._access("konimbo", deletes=False),
        }
        events, sqs = boto3.client("events"), boto3.client("sqs")
        bus = events.create_event_bus(Name="events")["EventBusArn"]
        self.told_queue = sqs.create_queue(QueueName="told")["QueueUrl"]
        self.requests_queue = sqs.create_queue(
            QueueName="ensure.fifo", Attributes={"FifoQueue": "true"}
        )["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.told_queue, AttributeNames=["QueueArn"])
        events.put_rule(Name="all", EventBusName="events", EventPattern=json.dumps(_OF_OURS))
        target: Any = {"Id": "all", "Arn": arn["Attributes"]["QueueArn"]}
        events.put_targets(Rule="all", EventBusName="events", Targets=[target])
        self.deployment = replace(
            self.deployed,
            event_bus_arn=bus,
            event_bus_name="events",
            outputs={**self.deployed.outputs, "EnsureSubscriptionsQueueUrl": self.requests_queue},
        )

    @property
    def acme(self) -> Memory:
        """Konimbo's, of the store acme."""
        return self.memories[ACME]

    def subscriptions(self, *arguments: str) -> Any:
        return self.run("subscriptions", *arguments)

    def url(
        self,
        topic: str | None,
        *,
        store: StoreId = ACME,
        ring: KeyRing | None = None,
        base: str | None = None,
    ) -> str:
        """The URL that would be made today; of another ring, one that looks like it."""
        target = CallbackTarget(store.platform, store.name, topic)
        token = (ring or self.ring).mint(target)
        words = [store.platform, store.name, *([topic] if topic else []), token]
        return "/".join([base or self.deployed.base_url, *words])

    def put(self, topic: str, url: str | None = None, store: StoreId = ACME) -> str:
        """A record at the store's platform; its id."""
        return self.memories[store].put(url or self.url(topic, store=store), frozenset({topic}))

    def meanwhile(self, store: StoreId, change: Callable[[], object]) -> None:
        """Somebody changes something once the store's subscriptions have been listed."""
        memory = self.memories[store]

        def once(call: str) -> None:
            if call == "list":
                memory.after = lambda _: None
                change()

        memory.after = once

    def told(self) -> list[dict[str, Any]]:
        """The events that came since the last look."""
        return [json.loads(body) for body in self._taken(self.told_queue)]

    def requests(self) -> list[dict[str, Any]]:
        """What the function was asked to do since the last look."""
        return [json.loads(body) for body in self._taken(self.requests_queue)]

    def record(self, store: StoreId = ACME) -> Record:
        return record_of(self.table, store)

    def ledger(self, store: StoreId = ACME) -> list[Row]:
        return list(self.table.rows("ledger", f"{store}#"))

    def secrets_of(self, store: StoreId) -> set[str]:
        """All that must never be seen of a store's URLs: the tokens' secret parts."""
        minted = CallbackUrls(self.deployed.base_url, self.ring)
        topics = platforms()[store.platform].topics
        urls = [
            minted.for_topic(platforms()[store.platform], store.name, one).url for one in topics
        ]
        registered = [one.callback_url for one in self.memories[store].records.values()]
        return {url.rpartition("/")[2].rpartition(".")[2] for url in [*urls, *registered]}

    def _taken(self, queue: str) -> Iterator[str]:
        sqs = boto3.client("sqs")
        while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]

    def _access(self, name: str, *, deletes: bool) -> PlatformAccess:
        def opens(store: StoreId, _: str, __: Credentials, ___: Surroundings) -> StoreAccess:
            memory = self.memories[store]
            memory.deletes = deletes
            return memory

        return PlatformAccess(
            name, {PRODUCTION: f"https://{name}.example"}, FakeCredentials, opens, deletes
        )

    def _world(self) -> World:
        return replace(super()._world(), surroundings=lambda _: self._surroundings())

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            transport=NoNetwork(),
            table=self.table,
            now=self.clock.now,
            clock=lambda: self.seconds,
            pause=lambda _: None,
            new_id=lambda: f"00000000-0000-4000-8000-{next(self.numbers):012}",
        )


@contextmanager
def subscribed_shops(tmp_path: Path, deployment: Deployment = LOCAL) -> Iterator[SubscribedShops]:
    with mock_aws():
        yield SubscribedShops(tmp_path, deployment)
