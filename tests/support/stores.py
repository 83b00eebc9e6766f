"""Platforms that can be called, in memory, and what an access is given of the world."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import Field, SecretStr

from commerce_hooks.http.errors import NotFoundError, PlatformError
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.platform_access import (
    Checked,
    Credentials,
    Desired,
    PlatformAccess,
    Subscription,
    Surroundings,
)
from commerce_hooks.state.table import StateTable
from commerce_hooks.stores import PRODUCTION, StoreId

NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)


class FakeCredentials(Credentials):
    """A secret that is asked for, one that may be left out, and something that is no secret."""

    token: SecretStr = Field(description="API token", min_length=4)
    other_token: SecretStr | None = Field(default=None, description="Another token")
    region: str = Field(default="il", description="Region", pattern=r"^[a-z]{2}$")


class NoNetwork:
    """A transport that nobody uses."""

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        raise AssertionError(request, seconds)


def surroundings(table: StateTable) -> Surroundings:
    return Surroundings(
        transport=NoNetwork(),
        table=table,
        now=lambda: NOW,
        clock=lambda: 0.0,
        pause=lambda _: None,
        new_id=lambda: "an-id",
    )


@dataclass
class FakeStoreAccess:
    """What a platform answers for a store; an error is raised instead where there is one."""

    checked: Checked = field(default_factory=Checked)
    listed: list[Subscription] = field(default_factory=list)
    fails: PlatformError | None = None
    refuses_to_delete: PlatformError | None = None
    deleted: list[str] = field(default_factory=list)
    opened: list[tuple[StoreId, str, Credentials]] = field(default_factory=list)

    def check(self) -> Checked:
        if self.fails:
            raise self.fails
        return self.checked

    def subscriptions(self) -> Sequence[Subscription]:
        if self.fails:
            raise self.fails
        return list(self.listed)

    def subscription(self, id_: str) -> Subscription:
        found = {one.id: one for one in self.subscriptions()}
        if id_ not in found:
            raise NotFoundError
        return found[id_]

    def create_subscription(self, desired: Desired) -> str | None:
        if self.fails:
            raise self.fails
        id_ = f"created-{len(self.listed) + 1}"
        self.listed.append(Subscription(id_, desired.topics, desired.callback_url))
        return id_

    def update_subscription(self, id_: str, desired: Desired) -> None:
        there = self.listed.index(self.subscription(id_))
        self.listed[there] = replace(
            self.listed[there], topics=desired.topics, callback_url=desired.callback_url
        )

    def account(self) -> str | None:
        if self.fails:
            raise self.fails
        return self.checked.account

    def delete_subscription(self, id_: str) -> None:
        if self.refuses_to_delete:
            raise self.refuses_to_delete
        if id_ not in [one.id for one in self.listed]:
            raise NotFoundError
        self.listed = [one for one in self.listed if one.id != id_]
        self.deleted.append(id_)


@dataclass
class ConsentedAccess(FakeStoreAccess):
    """The same of a shop that has to consent."""

    codes: list[str] = field(default_factory=list)

    def authorize_url(self) -> str:
        return "https://platform.example/oauth/authorize?client_id=our-app"

    def authorize(self, code: str) -> None:
        if self.fails:
            raise self.fails
        self.codes.append(code)


def platform_access(name: str, access: FakeStoreAccess) -> PlatformAccess:
    """A platform with two environments; whatever store is opened, its access is this one."""

    def opens(
        store: StoreId, base_url: str, credentials: Credentials, _: Surroundings
    ) -> FakeStoreAccess:
        access.opened.append((store, base_url, credentials))
        return access

    return PlatformAccess(
        name=name,
        environments={
            PRODUCTION: f"https://{name}.example",
            "test": f"https://test.{name}.example",
        },
        credentials=FakeCredentials,
        open=opens,
    )
