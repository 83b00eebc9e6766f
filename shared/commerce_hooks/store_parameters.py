"""The stores out of SSM's parameters: all configurations, or one store with its credentials."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from commerce_hooks.aws import Patience
from commerce_hooks.deadline import PARAMETERS_SECONDS
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.platform_access import Credentials
from commerce_hooks.stores import (
    StoreConfiguration,
    StoreId,
    configuration_path,
    credentials_path,
)

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class StoreGoneError(CommerceHooksError):
    """There is no such store (any more)."""


class StoreUnusableError(CommerceHooksError):
    """What is kept of a store will not do; the text says what, and holds nothing of it."""


class SsmStores:
    """All stores of a stack. Its client is made when it is first needed."""

    def __init__(
        self, stack: str, make_client: "Callable[[], SSMClient]", patience: Patience
    ) -> None:
        self._path = configuration_path(stack)
        self._make_client = make_client
        self._patience = patience

    @cached_property
    def _client(self) -> "SSMClient":
        return self._make_client()

    def all(self) -> Mapping[StoreId, StoreConfiguration | None]:
        found: dict[StoreId, StoreConfiguration | None] = {}
        position: dict[str, Any] = {}
        while True:
            page = self._page(position)
            for parameter in page["Parameters"]:
                # What somebody put there under no store's name is nobody's, and spoils no other.
                with suppress(ValueError):
                    store = StoreId.parse(parameter["Name"].removeprefix(f"{self._path}/"))
                    found[store] = parsed(parameter["Value"])
            if not page.get("NextToken"):
                return dict(sorted(found.items()))
            position = {"NextToken": page["NextToken"]}

    def _page(self, position: Mapping[str, Any]) -> Any:
        return self._patience.call(
            "stores",
            PARAMETERS_SECONDS,
            lambda: self._client.get_parameters_by_path(
                Path=self._path, Recursive=True, **position
            ),
        )


class SsmStoreReader:
    """One store, for who may see its credentials. Its client, too, is made when it is needed."""

    def __init__(
        self, stack: str, make_client: "Callable[[], SSMClient]", patience: Patience
    ) -> None:
        self._stack = stack
        self._make_client = make_client
        self._patience = patience

    @cached_property
    def _client(self) -> "SSMClient":
        return self._make_client()

    def configuration(self, store: StoreId) -> StoreConfiguration:
        """What its operator decided.

        Raises:
            StoreGoneError: There is none of that name.
            StoreUnusableError: It cannot be read.
            UnavailableError: SSM does not answer.
        """
        text = self._read(configuration_path(self._stack), store)
        if text is None:
            raise StoreGoneError("there is no such store")
        configuration = parsed(text)
        if configuration is None:
            raise StoreUnusableError("the store's configuration cannot be read")
        return configuration

    def credentials(self, store: StoreId, kind: type[Credentials]) -> Credentials:
        """Its credentials, of its platform's kind.

        Raises:
            StoreUnusableError: It has none, or they cannot be read.
            UnavailableError: SSM does not answer.
        """
        text = self._read(credentials_path(self._stack), store)
        if text is None:
            raise StoreUnusableError("the store has no credentials")
        try:
            return kind.model_validate_json(text)
        except ValidationError:
            # Without its cause, which would carry the secret's text along.
            raise StoreUnusableError("the store's credentials cannot be read") from None

    def _read(self, path: str, store: StoreId) -> str | None:
        return self._patience.call(
            "stores", PARAMETERS_SECONDS, lambda: self._value(f"{path}/{store}")
        )

    def _value(self, name: str) -> str | None:
        try:
            found = self._client.get_parameter(Name=name, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None  # An answer like any other: asked again, SSM would say the same.
        return found["Parameter"]["Value"]


def parsed(text: str) -> StoreConfiguration | None:
    """A configuration as SSM has it; None if it cannot be read: by hand, or by a newer version."""
    try:
        return StoreConfiguration.model_validate_json(text)
    except ValidationError:
        return None
