"""Starts a run, away from whatever accounts the shell knows of."""

import gc
import os
import sys


def _forget_accounts() -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


if __name__ == "__main__":
    _forget_accounts()
    # Only now, for the SDK reads the environment as it is loaded.
    from fault.command import main

    # What was loaded stays, and a run makes much: it need not be searched for circles often.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    sys.exit(main())
