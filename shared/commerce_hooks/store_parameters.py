"""The stores' configurations out of SSM's parameters, for those who may not see credentials."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from commerce_hooks.aws import Patience
from commerce_hooks.deadline import PARAMETERS_SECONDS
from commerce_hooks.stores import StoreConfiguration, StoreId, configuration_path

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


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


def parsed(text: str) -> StoreConfiguration | None:
    """A configuration as SSM has it; None if it cannot be read: by hand, or by a newer version."""
    try:
        return StoreConfiguration.model_validate_json(text)
    except ValidationError:
        return None
