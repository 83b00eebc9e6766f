"""Containers: a function's process that lives until it crashes, and is then made anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fault.deployment import Handler
from support.api_gateway import lambda_context
from support.faults import CrashError


@dataclass
class Container:
    """One function's. What it knows, such as the key ring, dies with it."""

    make: Callable[[], Handler]
    _handler: Handler | None = None

    def call(self, event: Mapping[str, Any]) -> Any:
        """What the function answers.

        Raises:
            CrashError: It died.
        """
        if self._handler is None:
            self._handler = self.make()
        try:
            return self._handler(event, lambda_context())
        except CrashError:
            self._handler = None
            raise
