"""A key ring that rotates, for the tests of the command's key verbs."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from commerce_hooks.callback_urls import callback_path
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform_access import Subscription
from commerce_hooks.state.seen import Seen, note_seen
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.deployment import Deployment
from support.command import LOCAL, FakeSecrets, FakeWorld

KEYS = {f"k{number}": f"canary-of-key-{number}-0123456789abcdef" for number in range(1, 6)}
CANARY = "canary-of-key"
KONIMBO, CENTRY = StoreId("konimbo", "acme"), StoreId("centry", "acme")
ISET, CENIT = StoreId("iset", "acme"), StoreId("cenit", "acme")


def ring_text(sign: str, *accepted: str, **stores: object) -> str:
    """A ring of some of KEYS. `stores` by `<platform>__<store>`."""
    entries = {name.replace("__", "/"): entry for name, entry in stores.items()}
    keys = {key_id: KEYS[key_id] for key_id in (accepted or (sign,))}
    return json.dumps({"sign": sign, **keys, **({"stores": entries} if entries else {})})


class Secrets(FakeSecrets):
    """Secrets Manager, whose secret may have no value, and which may break at any call.

    Args:
        lost: The secret has no value.
    """

    def __init__(self, text: str, *, lost: bool = False) -> None:
        super().__init__(text)
        self.lost = lost

    @property
    def ring(self) -> KeyRing:
        return KeyRing.parse(self.texts[-1])

    def get_secret_value(self, **how: str) -> dict[str, str]:
        if self.lost:
            code = {"Error": {"Code": "ResourceNotFoundException"}}
            raise ClientError(code, "GetSecretValue")  # type: ignore[arg-type]
        return super().get_secret_value(**how)

    def put_secret_value(self, *, SecretString: str, **how: str) -> dict[str, str]:  # noqa: N803
        self.lost = False
        return super().put_secret_value(SecretString=SecretString, **how)


@dataclass
class ActivityQueues:
    """SQS and CloudWatch, as far as they tell of what waits to be noted.

    Args:
        ages: Of the oldest message, in seconds, a period each.
    """

    dead_letters: int = 0
    ages: list[float] = field(default_factory=list)
    failure: ClientError | None = None

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
        assert QueueUrl.endswith("/activity-dead-letters")
        if self.failure:
            raise self.failure
        counts = dict.fromkeys(AttributeNames, "0")
        return {"Attributes": {**counts, "ApproximateNumberOfMessages": str(self.dead_letters)}}

    def get_metric_statistics(self, **how: Any) -> Any:
        assert how["Dimensions"] == [{"Name": "QueueName", "Value": "activity"}]
        assert how["EndTime"] - how["StartTime"] == timedelta(minutes=15)
        return {"Datapoints": [{"Maximum": age} for age in self.ages]}


@dataclass
class Shops:
    """A world with a ring, and what can be said in it of shops."""

    world: FakeWorld
    secrets: Secrets
    activity: ActivityQueues

    @property
    def ring(self) -> KeyRing:
        return self.secrets.ring

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def note_key(self, key_id: str, **moments: datetime) -> None:
        row = self.world.table.read("keys", key_id)
        told = {name: at.isoformat() for name, at in moments.items()}
        assert self.world.table.write(row, {**row.data, **told})

    def came(self, store: StoreId, key_id: str, at: datetime, topic: str = "a-topic") -> None:
        note_seen(self.world.table, Seen(store, topic, key_id, at, "order.saved", "event.0"))

    def registered(self, store: StoreId, *key_ids: str, base_url: str = LOCAL.base_url) -> None:
        """At its platform a URL of each of these keys; a retired one's is refused."""
        self.world.platforms_say[store] = [
            Subscription(f"{number}", frozenset({"a"}), url_of(store, key_id, base_url))
            for number, key_id in enumerate(key_ids)
        ]
        self.world.stores.known[store] = None


def shops(world: FakeWorld, text: str, deployment: Deployment = LOCAL) -> Shops:
    secrets, activity = Secrets(text), ActivityQueues()
    clients: dict[str, Any] = {
        "secretsmanager": secrets,
        "sqs": activity,
        "cloudwatch": activity,
    }
    world.deployment = replace(deployment, clients=clients.__getitem__)
    return Shops(world, secrets, activity)


def url_of(store: StoreId, key_id: str, base_url: str = LOCAL.base_url) -> str:
    target = CallbackTarget(store.platform, store.name)
    minting = KeyRing(key_id, KEYS, {})
    return base_url + callback_path(target, minting.mint(target))
