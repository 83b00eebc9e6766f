"""A world with a deployment whose stores are kept by moto, and platforms that can be called."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import StoreConfiguration, StoreId, configuration_path, credentials_path
from commerce_hooks_cli.callbacks import CallbackUrls
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.store_book import StoreBook
from support.command import LOCAL, RING, FakeSecrets, FakeWorld
from support.platforms import platforms
from support.stores import FakeStoreAccess, platform_access

ACME = StoreId("konimbo", "acme")
TOKEN = "a-canary-of-a-token-1f9a77"
CREDENTIALS = {"token": TOKEN}
OUTPUTS = {
    **LOCAL.outputs,
    "DeploymentName": "shop-hooks/prod",
    "StateTableName": "state",
    "KeyRingCacheSeconds": "60",
}


class StoreWorld(FakeWorld):
    """The command, with Konimbo and Centry as platforms that can be called."""

    def __init__(self, tmp_path: Path, deployment: Deployment = LOCAL) -> None:
        super().__init__(tmp_path, deployment)
        self.secrets = FakeSecrets(RING)
        self.stage("prod", deployment)
        self.konimbo = FakeStoreAccess()
        self.centry = FakeStoreAccess()
        self.accesses = {
            "centry": platform_access("centry", self.centry),
            "konimbo": platform_access("konimbo", self.konimbo),
        }

    def stage(self, name: str, deployment: Deployment | None = None) -> None:
        base = deployment or self.deployed
        outputs = {**base.outputs, **OUTPUTS, "DeploymentName": f"{base.name}/{name}"}
        self.deployment = replace(base, clients=self._client, outputs=outputs)

    @property
    def deployed(self) -> Deployment:
        assert isinstance(self.deployment, Deployment)
        return self.deployment

    @property
    def book(self) -> StoreBook:
        return StoreBook.of(self.deployed, self.clock)

    @property
    def ring(self) -> KeyRing:
        return KeyRing.parse(self.secrets.texts[-1])

    def add(self, *options: str, store: StoreId = ACME, **credentials: str) -> Any:
        """Add a store as a program would."""
        self.input = json.dumps(credentials or CREDENTIALS)
        return self.run(
            "stores", "add", *store, "--credentials-from", "-", "--no-wait", "--json", *options
        )

    def parameter(self, kind: str, store: StoreId = ACME) -> dict[str, Any] | None:
        """What SSM has, whole, None if nothing."""
        path = {"stores": configuration_path, "credentials": credentials_path}[kind]
        name = f"{path(self.deployed.name)}/{store}"
        found = boto3.client("ssm").get_parameters(Names=[name], WithDecryption=True)
        return dict(found["Parameters"][0]) if found["Parameters"] else None

    def versions(self) -> dict[str, int]:
        """How often each parameter was written, by name."""
        pages = boto3.client("ssm").get_paginator("get_parameters_by_path")
        return {
            parameter["Name"]: parameter["Version"]
            for page in pages.paginate(Path="/commerce-hooks", Recursive=True)
            for parameter in page["Parameters"]
        }

    def configuration(self, store: StoreId = ACME) -> StoreConfiguration:
        found = self.book.configuration(store)
        assert found is not None
        return found

    def set_entry(self, name: str, **entry: object) -> None:
        ring = json.loads(self.secrets.texts[-1])
        stores = {**ring.get("stores", {}), name: entry}
        self.secrets.texts.append(json.dumps({**ring, "stores": stores}))

    def url_of(self, store: StoreId = ACME, topic: str = "order_created") -> str:
        minted = CallbackUrls(self.deployed.base_url, self.ring)
        return minted.for_topic(platforms()[store.platform], store.name, topic).url

    def subscription(self, id_: str, url: str) -> Subscription:
        return Subscription(id_, frozenset({"order_created"}), url)

    def proves(self, url: str, store: StoreId = ACME, topic: str = "order_created") -> bool:
        target = CallbackTarget(store.platform, store.name, topic)
        return self.ring.proves(target, url.rpartition("/")[2])

    def _client(self, service: str) -> Any:
        if service == "secretsmanager":
            return self.secrets
        return boto3.client(service)  # type: ignore[call-overload]


@contextmanager
def store_world(tmp_path: Path, deployment: Deployment = LOCAL) -> Iterator[StoreWorld]:
    with mock_aws():
        yield StoreWorld(tmp_path, deployment)
