"""A platform in memory that keeps subscriptions, and may fail before or after it does something."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from commerce_hooks.http.errors import NotFoundError, NotOfferedError
from commerce_hooks.platform_access import Checked, Desired, Subscription
from support.surroundings import NOON

ACCOUNT = "59c000000000000000000001"
WRITES = frozenset({"create", "update", "delete"})


@dataclass
class Memory:
    """The platform.

    Args:
        deletes: Whether it can.
        tells_ids: Whether its answer to a creation tells the id.
        accounts: Whether records tell whose they are.
        shop: Whose they are.
        ignores_updates: It says that it has changed something, and has not.
        hides_new: What is created is inactive.
        listed_after: So long it takes until it lists what was created.
        inactive: Ids of records that it does not list.
        before: Called with each call's name; it may raise.
        after: The same, once the call took effect.
    """

    deletes: bool = True
    tells_ids: bool = True
    accounts: bool = True
    shop: str = ACCOUNT
    ignores_updates: bool = False
    hides_new: bool = False
    listed_after: timedelta = timedelta()
    now: Callable[[], datetime] = lambda: NOON
    records: dict[str, Subscription] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    calls: list[str] = field(default_factory=list)
    deleted: list[Subscription] = field(default_factory=list)
    _listed_from: dict[str, datetime] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(98))

    @property
    def listed(self) -> list[Subscription]:
        now = self.now()
        return [
            one
            for one in self.records.values()
            if one.id not in self.inactive and self._listed_from.get(one.id, now) <= now
        ]

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if call in WRITES]

    def put(self, url: str, topics: frozenset[str]) -> str:
        """A record, as if somebody had made it."""
        id_ = str(next(self._numbers))
        account = self.shop if self.accounts else None
        self.records[id_] = Subscription(id_, topics, url, account)
        return id_

    def check(self) -> Checked:
        return Checked()

    def subscriptions(self) -> Sequence[Subscription]:
        self._called("list")
        found = self.listed
        self.after("list")
        return found

    def subscription(self, id_: str) -> Subscription:
        self._called("show")
        found = self._record(id_)
        self.after("show")
        return found

    def create_subscription(self, desired: Desired) -> str | None:
        self._called("create")
        id_ = self.put(desired.callback_url, desired.topics)
        self._listed_from[id_] = self.now() + self.listed_after
        if self.hides_new:
            self.inactive.add(id_)
        self.after("create")
        return id_ if self.tells_ids else None

    def update_subscription(self, id_: str, desired: Desired) -> None:
        self._called("update")
        known = self._record(id_)
        if not self.ignores_updates:
            self.records[id_] = replace(
                known, callback_url=desired.callback_url, topics=desired.topics
            )
        self.after("update")

    def delete_subscription(self, id_: str) -> None:
        self._called("delete")
        if not self.deletes:
            raise NotOfferedError("it cannot")
        self.deleted.append(self._record(id_))
        del self.records[id_]
        self.after("delete")

    def account(self) -> str | None:
        self._called("account")
        self.after("account")
        return self.shop if self.accounts else None

    def _record(self, id_: str) -> Subscription:
        if id_ not in self.records:
            raise NotFoundError
        return self.records[id_]

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)
