"""Keeps web pages away from a fake platform: a page must not drive what runs on this machine."""

from collections.abc import Callable, Sequence

_FOREIGN_SITES = frozenset({"cross-site", "same-site"})


def is_stranger(port: int, values_of: Callable[[str], Sequence[str]]) -> bool:
    """Whether the request can come from somebody who means another server, or from a page.

    A page whose name somebody lets point at this machine (DNS rebinding) is told by Host.
    `values_of` gives all values of a header.
    """
    hosts = [host.lower() for host in values_of("host")]
    return (
        hosts not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"])
        or bool(values_of("origin"))
        or not _FOREIGN_SITES.isdisjoint(values_of("sec-fetch-site"))
    )
