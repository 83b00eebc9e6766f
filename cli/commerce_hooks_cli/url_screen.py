"""A store's callback URLs for people and programs, whatever the platform: for all who may see."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks_cli import cenit_screen, iset_screen
from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls
from commerce_hooks_cli.platforms import topic_called, unknown
from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.deployment import Deployment


@dataclass(frozen=True)
class UrlPage:
    """What is to be entered at a platform. All of it is secret but the warnings.

    Args:
        as_json: For programs.
        show: For people.
        urls: The URLs themselves; none for Cenit, whose proof is not in its URLs.
        warnings: To be said before somebody enters them.
    """

    as_json: list[dict[str, Any]] = field(repr=False)
    show: Callable[[Screen], None] = field(repr=False)
    urls: Sequence[CallbackUrl] = ()
    warnings: Sequence[str] = ()


def url_page(
    deployment: Deployment, platform: Platform, store: str, topic: str | None = None
) -> UrlPage:
    """Of all topics, or of one.

    Raises:
        BadUsageError: The platform has no such topic.
    """
    found = _minted(deployment, platform, store, topic)
    refused = _refused(deployment, CallbackTarget(platform.name, store))
    if platform.name == "iset":
        warnings = [*iset_screen.warnings_of(deployment.base_url), *refused]
        return UrlPage(
            iset_screen.as_json(found, warnings),
            lambda screen: iset_screen.show_guide(screen, platform, found),
            found,
            warnings,
        )
    rows = [(*_about(platform, url, deployment), url.url) for url in found]
    return UrlPage(
        [asdict(url) for url in found], lambda screen: _show(screen, rows), found, refused
    )


def cenit_page(
    deployment: Deployment, store: str, service: str | None = None, *, signed: bool | None = None
) -> UrlPage:
    """Of a Cenit store: its services, and what proves their calls.

    Raises:
        BadUsageError: There is no such service.
    """
    from commerce_hooks_cli.cenit_access import CenitAccess
    from commerce_hooks_cli.cenit_calls import SERVICE_CALLS

    if service is not None and service not in SERVICE_CALLS:
        raise unknown("service of cenit", service, SERVICE_CALLS)
    access = CenitAccess.of(deployment.key_ring(), store, signed=signed)
    calls = [call for call in SERVICE_CALLS.values() if service in {None, call.name}]
    about = (calls, store, deployment.cenit_base_url, access)
    return UrlPage(
        cenit_screen.as_json(*about),
        lambda screen: cenit_screen.show_services(screen, *about),
        warnings=_refused(deployment, CallbackTarget("cenit", store)),
    )


def _refused(deployment: Deployment, target: CallbackTarget) -> list[str]:
    """What to know before these are entered, if the store is disabled."""
    if not deployment.key_ring().store(target).disabled:
        return []
    name = f"{target.platform}/{target.store}"
    mend = f"`{command_to_type()} keys revoke {name} --enable` lets them in again."
    return [f"{name} is disabled: every call to these is answered 401. {mend}"]


def _minted(
    deployment: Deployment, platform: Platform, store: str, topic: str | None
) -> list[CallbackUrl]:
    if topic is not None:
        topic_called(platform, topic)
    minted = CallbackUrls(deployment.base_url, deployment.key_ring())
    if topic is None:
        return minted.for_store(platform, store)
    return [minted.for_topic(platform, store, topic)]


def _about(platform: Platform, url: CallbackUrl, deployment: Deployment) -> tuple[str, str]:
    if url.topic is None:
        return "all topics", "the body names the topic"
    topic = platform.topics[url.topic]
    known = f"{platform.name}/{topic.name}" in deployment.personal_topics
    off = "  off: see PersonalTopics" if topic.mostly_personal and not known else ""
    return url.topic, f"{topic.detail_type}{off}"


def _show(screen: Screen, rows: Sequence[tuple[str, str, str]]) -> None:
    table = Table("topic", "detail-type", "URL", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    if screen.fits(table):
        screen.show_uncut(table)
        return
    for topic, detail_type, url in rows:
        screen.show(f"{topic}  {detail_type}")
        screen.show_unwrapped(Text(url))
