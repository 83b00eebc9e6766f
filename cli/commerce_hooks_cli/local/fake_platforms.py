"""The fake platforms that a local stack's stores belong to, in the emulator's process."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from fake_platforms import FakeCentry, FakeKonimbo, serving
from fake_platforms.__main__ import insist

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def fake_platforms_serving(secret: str) -> Iterator[dict[str, str]]:
    """Their base URLs by platform, while they run. `secret` opens their admin side."""
    centry, over = FakeCentry(admin_secret=secret), threading.Event()
    threading.Thread(target=insist, args=[centry, over.wait], daemon=True).start()
    platforms = {"centry": centry, "konimbo": FakeKonimbo(admin_secret=secret)}
    with ExitStack() as servers:
        servers.callback(over.set)
        yield {
            name: servers.enter_context(serving(platform)) for name, platform in platforms.items()
        }
