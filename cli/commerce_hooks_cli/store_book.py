"""A deployment's stores as SSM keeps them: configurations, and apart from them credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from commerce_hooks.aws import Patience
from commerce_hooks.decoding import JsonValue
from commerce_hooks.errors import UnavailableError
from commerce_hooks.store_parameters import SsmStores, parsed
from commerce_hooks.stores import (
    StoreConfiguration,
    StoreId,
    configuration_path,
    credentials_path,
)
from commerce_hooks_cli.aws import error_code
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.throttling import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.literals import ParameterTypeType

    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import Clock

StoredCredentials = Mapping[str, JsonValue]
"""Credentials as they are kept. All of it is secret but the names of the fields."""

_MISSING = "ParameterNotFound"


@dataclass(frozen=True)
class StoreBook:
    """The stores of one stack. Texts of its errors hold no value of any parameter."""

    stack: str
    clock: Clock
    ssm: SSMClient = field(repr=False)

    @classmethod
    def of(cls, deployment: Deployment, clock: Clock) -> StoreBook:
        return cls(deployment.name, clock, deployment.client("ssm"))

    def all(self) -> Mapping[StoreId, StoreConfiguration | None]:
        """All configurations, sorted; None for one that cannot be read.

        Raises:
            CommandError: They can't all be told.
        """
        patience = Patience(lambda: self.clock.now().timestamp(), self.clock.sleep)
        try:
            return SsmStores(self.stack, lambda: self.ssm, patience).all()
        except UnavailableError as error:
            raise CommandError(
                f"The stores of {self.stack} could not be read: SSM said {error.cause}.",
                "Try again; if it stays so, check that these AWS credentials may call "
                "ssm:GetParametersByPath.",
            ) from error

    def has(self, store: StoreId) -> bool:
        """Whether there is a configuration, readable or not."""
        return self._read(configuration_path(self.stack), store) is not None

    def has_credentials(self, store: StoreId) -> bool:
        """Whether there are credentials, readable or not."""
        return self._read(credentials_path(self.stack), store) is not None

    def configuration(self, store: StoreId) -> StoreConfiguration | None:
        """What was decided about a store; None if there is nothing, or it cannot be read."""
        text = self._read(configuration_path(self.stack), store)
        return None if text is None else parsed(text)

    def credentials(self, store: StoreId) -> StoredCredentials | None:
        """A store's credentials, None if there are none.

        Raises:
            CommandError: What is kept is no JSON object.
        """
        text = self._read(credentials_path(self.stack), store)
        return None if text is None else _opened(store, text)

    def all_credentials(self) -> Mapping[StoreId, StoredCredentials]:
        """Those of all stores that have any, but for what is no JSON object; ten at a call."""
        found: dict[StoreId, StoredCredentials] = {}
        for name, value in self._listed(credentials_path(self.stack)):
            with suppress(CommandError, ValueError):
                store = StoreId.parse(name)
                found[store] = _opened(store, value)
        return found

    def write(
        self,
        store: StoreId,
        configuration: StoreConfiguration | None,
        credentials: StoredCredentials | None = None,
    ) -> None:
        """Put them in the place of what is there; None leaves it as it is.

        Credentials come first: a store that is there has what it needs.
        """
        if credentials is not None:
            text = json.dumps(credentials, separators=(",", ":"))
            self._put(credentials_path(self.stack), store, text, "SecureString")
        if configuration is not None:
            text = configuration.model_dump_json()
            self._put(configuration_path(self.stack), store, text, "String")

    def remove(self, store: StoreId) -> None:
        """Remove what there is of a store, its credentials last."""
        for path in (configuration_path(self.stack), credentials_path(self.stack)):
            self._delete(f"{path}/{store}")

    def _read(self, path: str, store: StoreId) -> str | None:
        name = f"{path}/{store}"
        try:
            found = patiently(
                self.clock, lambda: self.ssm.get_parameter(Name=name, WithDecryption=True)
            )
        except ClientError as error:
            if error_code(error) == _MISSING:
                return None
            raise
        return found["Parameter"]["Value"]

    def _listed(self, path: str) -> Iterator[tuple[str, str]]:
        position: dict[str, Any] = {}
        while True:
            page = self._page(path, position)
            for parameter in page["Parameters"]:
                yield parameter["Name"].removeprefix(f"{path}/"), parameter["Value"]
            if not page.get("NextToken"):
                return
            position = {"NextToken": page["NextToken"]}

    def _page(self, path: str, position: Mapping[str, Any]) -> Any:
        return patiently(
            self.clock,
            lambda: self.ssm.get_parameters_by_path(
                Path=path, Recursive=True, WithDecryption=True, **position
            ),
        )

    def _put(self, path: str, store: StoreId, value: str, kind: ParameterTypeType) -> None:
        patiently(
            self.clock,
            lambda: self.ssm.put_parameter(
                Name=f"{path}/{store}", Value=value, Type=kind, Overwrite=True
            ),
        )

    def _delete(self, name: str) -> None:
        try:
            patiently(self.clock, lambda: self.ssm.delete_parameter(Name=name))
        except ClientError as error:
            if error_code(error) != _MISSING:
                raise


def _opened(store: StoreId, text: str) -> StoredCredentials:
    try:
        credentials = json.loads(text)
    except ValueError:
        credentials = None
    if not isinstance(credentials, dict):
        # Without its cause, which would carry the secret's text along.
        raise CommandError(
            f"The credentials of {store} are no JSON object.",
            "Give them anew with `stores add --replace`.",
        )
    return credentials
