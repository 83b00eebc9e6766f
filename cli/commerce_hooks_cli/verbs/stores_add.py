"""`commerce-hooks stores add`: one shop, from its credentials to its first callback."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.endings import said_last
from commerce_hooks_cli.verbs.options import Json, PlatformOrCenit, Stack, StoreName

if TYPE_CHECKING:
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.url_screen import UrlPage
    from commerce_hooks_cli.world import World

_FROM_INPUT = "-"


def add(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="TEXT", help="Whose shop it is.", show_default=False),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option(
            "--environment",
            metavar="NAME",
            help="Of the platform, such as Centry's test. Without it: production.",
            show_default=False,
        ),
    ] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            metavar="TOPIC",
            help="To subscribe to; repeat it. Without it: all but mostly personal ones.",
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="POLICY",
            help="What may be done about its subscriptions: off, plan, upsert or sync. Without "
            "it: upsert at stage prod and on this machine, else plan.",
            show_default=False,
        ),
    ] = None,
    silence_hours: Annotated[
        int | None,
        typer.Option(
            "--silence-hours",
            metavar="N",
            help="Tell somebody when nothing came for so long; 0: never. Without it: 48.",
            show_default=False,
        ),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            "--expect",
            metavar="TOPIC",
            help="Tell of this topic's silence too; repeat it.",
            show_default=False,
        ),
    ] = None,
    credentials_from: Annotated[
        str | None,
        typer.Option(
            "--credentials-from",
            metavar="-",
            help="Read them as JSON from the standard input. Without it: they are asked for.",
            show_default=False,
        ),
    ] = None,
    without_credentials: Annotated[
        bool,
        typer.Option("--no-credentials", metavar="", help="Never call its platform."),
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check/--no-check", metavar="", help="Try the credentials by a real call."),
    ] = True,
    backed_by: Annotated[
        str | None,
        typer.Option(
            "--backed-by",
            metavar="PLATFORM/STORE",
            help="Cenit only: the store it stands for.",
            show_default=False,
        ),
    ] = None,
    signed_only: Annotated[
        bool, typer.Option("--signed-only", metavar="", help="Cenit only: refuse plain tokens.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", metavar="", help="Put it in the place of the one there is.")
    ] = False,
    new_urls: Annotated[
        bool,
        typer.Option(
            "--new-urls", metavar="", help="Let a store whose URLs are disabled have new ones."
        ),
    ] = False,
    wait: Annotated[
        float | None,
        typer.Option(
            "--wait",
            min=1,
            metavar="SECONDS",
            help="Wait so long for the first callback; exit code 1 if none comes. Without it: "
            "on a terminal until Ctrl-C.",
            show_default=False,
        ),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", metavar="", help="Don't wait for the first callback.")
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Add a shop: its settings and credentials, tried by a real call; then wait for a callback.

    Credentials are typed in without echo, or come as JSON on the standard input, never as an
    argument. They are kept encrypted, apart from the settings.

    It prints the callback URLs, which are secrets, and what to do with them at the platform.
    """
    from commerce_hooks_cli.first_callback import as_json as first_as_json
    from commerce_hooks_cli.first_callback import wait_for_first
    from commerce_hooks_cli.store_adding import Adding, Asked
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.store_settings import checked_store_id, known_platforms

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    known = known_platforms(world)
    id_ = checked_store_id(known, platform, store)
    if wait is not None and no_wait:
        raise BadUsageError("--wait and --no-wait exclude each other.", "Leave one of them out.")
    if credentials_from not in {None, _FROM_INPUT}:
        raise BadUsageError(
            "Credentials come from the standard input, nowhere else.",
            "Give `--credentials-from -`, and the JSON on the standard input.",
        )
    settings = {
        "label": label,
        "environment": environment,
        "topics": tuple(topic) if topic else None,
        "policy": policy,
        "silence_hours": silence_hours,
        "expected_topics": tuple(expect) if expect else None,
    }
    asked = Asked(
        settings,
        {"backed_by": backed_by, "signed_only": signed_only},
        from_input=credentials_from is not None,
        without_credentials=without_credentials,
        check=check,
        replace=replace,
        new_urls=new_urls,
    )
    desk = StoreDesk.at(world, screen, stack)
    told = Adding(desk, screen, id_, known[platform], asked).add()
    page = _page(desk, id_)
    told["subscriptions_requested"] = _request(screen, desk, id_, told)
    _show_next(screen, desk, told, page)
    patient = not no_wait and (wait is not None or (world.ask is not None and not as_json))
    event, interrupted = None, False
    try:
        if patient:
            event = wait_for_first(desk, screen, id_, wait, said_last(ctx, screen.warn))
            told["first_callback"] = event and first_as_json(event)
    except KeyboardInterrupt:
        interrupted = True
        screen.note(f"No longer waiting. The store {id_} stays added.")
    finally:
        # However the waiting ended, the store is there.
        screen.emit({**told, "urls": page.as_json})
    if wait is not None and event is None and not interrupted:
        raise CommandError(
            f"The store {id_} is added, but no callback came within {wait:g} seconds.",
            f"Enter its URLs at the platform; `{command_to_type()} tail` shows what comes.",
        )


def _page(desk: "StoreDesk", store: "StoreId") -> "UrlPage":
    from commerce_hooks_cli.url_screen import cenit_page, url_page

    if store.platform == "cenit":
        return cenit_page(desk.deployment, store.name)
    return url_page(desk.deployment, desk.known[store.platform].platform, store.name)


def _request(screen: Screen, desk: "StoreDesk", store: "StoreId", told: "dict[str, Any]") -> bool:
    """Have its subscriptions made now, if they are ours to make and the platform lets us in."""
    from commerce_hooks_cli.key_ring_changes import entry_of
    from commerce_hooks_cli.subscription_requests import ACTING, request_looks

    checked = told["checked"]
    refused = checked is not None and not checked["ok"]
    disabled = entry_of(desk.deployment.key_ring(), store).disabled
    if told["policy"] not in ACTING or refused or disabled:
        return False
    requested = request_looks(desk.deployment, [store])
    if requested.remark:
        screen.warn(requested.remark)
    return requested.stores > 0


def _show_next(screen: Screen, desk: "StoreDesk", told: "dict[str, Any]", page: "UrlPage") -> None:
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.key_ring_changes import entry_of
    from commerce_hooks_cli.store_steps import steps

    store = StoreId(told["platform"], told["store"])
    if entry_of(desk.deployment.key_ring(), store).disabled:
        screen.warn(
            f"The URLs of {store} are disabled in the key ring: calls are refused. "
            "--replace --new-urls gives it new ones."
        )
    for warning in page.warnings:
        screen.warn(warning)
    screen.show("", "Its callback URLs are secrets: whoever knows one can send in its name.", "")
    page.show(screen)
    requested = told["subscriptions_requested"]
    screen.show("", *steps(store, desk.stack, told["policy"], requested=requested))
