"""Calls to a platform's API, as any program makes them: one at a time, nothing tried again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from urllib3 import HTTPHeaderDict, PoolManager, Timeout


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    body: bytes
    headers: HTTPHeaderDict

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Calls one server, with these headers each time."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 10.0

    def call(
        self,
        method: str,
        path: str,
        told: Any = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Reply:
        """`told` goes as JSON, `body` as it is."""
        sent = body if told is None else json.dumps(told).encode()
        with PoolManager(timeout=Timeout(self.seconds), retries=False) as pool:
            response = pool.request(
                method,
                self.url + path + (f"?{urlencode(query)}" if query else ""),
                body=sent,
                headers={**self.headers, **(headers or {})},
                redirect=False,
            )
        return Reply(response.status, response.data, response.headers)

    def get(self, path: str, **query: Any) -> Reply:
        return self.call("GET", path, **query)

    def post(self, path: str, told: Any) -> Reply:
        return self.call("POST", path, told)

    def put(self, path: str, told: Any) -> Reply:
        return self.call("PUT", path, told)

    def delete(self, path: str, **query: Any) -> Reply:
        return self.call("DELETE", path, **query)
