"""Callback URLs: what their parts may look like, and how they are put together."""

import re

from commerce_hooks.keyring import CallbackTarget

STORE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
TOPIC_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def callback_path(target: CallbackTarget, token: str) -> str:
    """The path to paste behind a base URL. It is a secret: never log it."""
    topic = () if target.topic is None else (target.topic,)
    return "/" + "/".join((target.platform, target.store, *topic, token))
