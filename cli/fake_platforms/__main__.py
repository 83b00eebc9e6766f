"""Runs both fake platforms: `python -m fake_platforms`.

Where they are, and the secret of their admin side, is one JSON object on standard output. They
end with the standard input, or by SIGINT or SIGTERM.
"""

import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from fake_platforms.centry import FakeCentry
from fake_platforms.konimbo import FakeKonimbo
from fake_platforms.server import serving

_RETRY_SECONDS = 5.0


def main() -> int:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    secret = secrets.token_urlsafe(32)
    centry = FakeCentry(admin_secret=secret)
    konimbo = FakeKonimbo(admin_secret=secret)
    threading.Thread(target=_end_with_input, args=[over], daemon=True).start()
    threading.Thread(target=insist, args=[centry, over.wait], daemon=True).start()
    with serving(centry) as centry_url, serving(konimbo) as konimbo_url:
        told = {"centry": centry_url, "konimbo": konimbo_url, "admin_secret": secret}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        over.wait()
    return 0


def _end_with_input(over: threading.Event) -> None:
    # By the descriptor: a thread within sys.stdin would not let the interpreter end.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    over.set()


def insist(centry: FakeCentry, wait: Callable[[float], bool]) -> None:
    """Make each notification again when it is time, until `wait` says that it is over."""
    while not wait(_RETRY_SECONDS):
        centry.deliveries.retry_due()


if __name__ == "__main__":
    sys.exit(main())
