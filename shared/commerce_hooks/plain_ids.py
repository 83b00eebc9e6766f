"""Ids that may be logged: Cenit's may be free text, and so about a person."""

import re
from collections.abc import Iterable

PLAIN_ID = re.compile(r"[A-Za-z0-9._~#:/-]{1,64}")


def plain_id(id_: str | None) -> str | None:
    """The id, if it looks like one."""
    return id_ if id_ and PLAIN_ID.fullmatch(id_) else None


def plain_ids(ids: Iterable[str | None]) -> list[str]:
    """Those that look like ids, in the same order."""
    return [id_ for id_ in map(plain_id, ids) if id_]
