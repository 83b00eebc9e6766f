"""The fake platforms that a local stack's stores belong to, in the emulator's process."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from fake_platforms import FakeCentry, FakeKonimbo, serving
from fake_platforms.__main__ import insist

if TYPE_CHECKING:
    from collections.abc import Iterator


_CALLS = 1_000
"""That a token may make at Konimbo in ten minutes, of which we make a fifth at most: whoever tries
things out by hand shall not have to wait. Konimbo sets it by token, usually to 100."""


@contextmanager
def fake_platforms_serving(secret: str) -> Iterator[dict[str, str]]:
    """Their base URLs by platform, while they run. `secret` opens their admin side."""
    centry, over = FakeCentry(admin_secret=secret), threading.Event()
    threading.Thread(target=insist, args=[centry, over.wait], daemon=True).start()
    platforms = {"centry": centry, "konimbo": FakeKonimbo(rate_limit=_CALLS, admin_secret=secret)}
    with ExitStack() as servers:
        servers.callback(over.set)
        yield {
            name: servers.enter_context(serving(platform)) for name, platform in platforms.items()
        }
