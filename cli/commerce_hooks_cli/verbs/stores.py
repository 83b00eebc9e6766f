"""`commerce-hooks stores`: the shops of a deployment, and the way to their platforms."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.options import (
    Json,
    Label,
    PlatformOrCenit,
    Stack,
    StoreName,
    has_label,
)
from commerce_hooks_cli.verbs.stores_add import add
from commerce_hooks_cli.verbs.stores_apply import apply
from commerce_hooks_cli.verbs.stores_remove import remove

if TYPE_CHECKING:
    from collections.abc import Iterable

    from commerce_hooks.platform_access import Checked
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.world import World

stores = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The shops of a deployment: add them one by one or from a file, look, check, remove.",
)
for verb, example in (
    (add, "stores add konimbo acme --label 'Acme Ltd'"),
    (apply, "stores apply stores.yaml --plan"),
    (remove, "stores remove konimbo acme"),
):
    stores.command(cls=Verb, epilog=for_example(example))(verb)


@stores.command("list", cls=Verb, epilog=for_example("stores list --label acme"))
def list_(
    ctx: typer.Context,
    label: Label = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """List the stores of a deployment."""
    from commerce_hooks_cli import store_screen
    from commerce_hooks_cli.store_desk import StoreDesk

    screen = Screen(as_json=as_json)
    found = StoreDesk.at(ctx.obj, screen, stack).book.all()
    shown = {store: one for store, one in found.items() if _has(one, label)}
    screen.emit([store_screen.as_json(store, one) for store, one in shown.items()])
    if shown:
        screen.show_uncut(store_screen.table_of(shown))
    else:
        screen.show("There are no stores." if not found else "No store has such a label.")


def _has(configuration: "StoreConfiguration | None", label: str | None) -> bool:
    return has_label(configuration.label if configuration else "", label)


@stores.command(cls=Verb, epilog=for_example("stores show konimbo acme"))
def show(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show all that is known of a store but its secrets and URLs.

    Of credentials only which fields are set; `urls` prints the URLs.
    """
    from commerce_hooks_cli import store_screen

    screen = Screen(as_json=as_json)
    desk, id_ = _desk_and_store(ctx.obj, screen, platform, store, stack)
    configuration = desk.configuration(id_)
    keys = _keys_of(desk, id_)
    fields = _fields_of(desk, id_)
    screen.emit({**store_screen.as_json(id_, configuration), **keys, "credentials": fields})
    facts = {"store": str(id_), **store_screen.facts_of(configuration)}
    urls = "disabled" if keys["disabled"] else f"taken, generation {keys['generation']}"
    facts |= {"callback URLs": urls, "credentials": _in_words(fields)}
    if "backed_by" in keys:
        facts["stands for"] = keys["backed_by"] or "-"
        facts["takes"] = "signed calls only" if keys["signed_only"] else "signed calls and tokens"
    store_screen.show_facts(screen, facts)


def _keys_of(desk: "StoreDesk", store: "StoreId") -> dict[str, Any]:
    from commerce_hooks_cli.key_ring_changes import entry_of
    from commerce_hooks_cli.store_writing import cenit_settings

    ring = desk.deployment.key_ring()
    keys = entry_of(ring, store)
    said = {"generation": keys.generation, "disabled": keys.disabled}
    return {**said, **cenit_settings(ring, store)}


def _fields_of(desk: "StoreDesk", store: "StoreId") -> list[str] | None:
    """Those that are set; None if the store has no credentials."""
    from commerce_hooks_cli.store_credentials import fields_set

    kept = desk.book.credentials(store)
    known = desk.known.get(store.platform)
    if kept is None or known is None or known.access is None:
        return None if kept is None else []
    return fields_set(kept, known.access)


def _in_words(fields: list[str] | None) -> str:
    if fields is None:
        return "none"
    return ", ".join(fields) or "there are some that this version does not know"


@stores.command(cls=Verb, epilog=for_example("stores check konimbo acme"))
def check(
    ctx: typer.Context,
    platform: Annotated[
        str | None,
        typer.Argument(metavar="PLATFORM", help="With STORE: one store.", show_default=False),
    ] = None,
    store: Annotated[str | None, typer.Argument(metavar="STORE", show_default=False)] = None,
    all_stores: Annotated[
        bool, typer.Option("--all", metavar="", help="All stores with credentials.")
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Make a real call with a store's credentials that changes nothing, and say what is missing.

    What the shop can send to the platform's support is said with it. Exit code 1 if anything is
    missing.
    """
    from commerce_hooks_cli import store_screen

    screen = Screen(as_json=as_json)
    if all_stores == (platform is not None) or (platform is None) != (store is None):
        raise BadUsageError("Which stores?", "Give PLATFORM and STORE, or --all.")
    if platform is not None and store is not None:
        desk, id_ = _desk_and_store(ctx.obj, screen, platform, store, stack)
        desk.configuration(id_)
        chosen: Iterable[StoreId] = [id_]
    else:
        desk = _desk(ctx.obj, screen, stack)
        chosen = _callable(desk)
    results = []
    for one in chosen:
        checked = _checked(desk, one)
        results.append({"platform": one.platform, "store": one.name, **_as_json(checked)})
        store_screen.show_checked(screen, one, checked)
    screen.emit(results)
    bad = sum(not result["ok"] for result in results)
    if bad:
        raise CommandError(f"Something is missing at {bad} of {len(results)} stores.")
    if not results:
        screen.show("There is no store whose platform can be called.")


def _callable(desk: "StoreDesk") -> list["StoreId"]:
    """Those that are to be called: not where it was said that they are not, by `policy: off`."""
    accesses, with_credentials = desk.world.accesses(), desk.book.all_credentials()
    return [
        store
        for store, one in desk.book.all().items()
        if store.platform in accesses
        and (store in with_credentials or one is None or one.policy != "off")
    ]


def _as_json(checked: "Checked") -> dict[str, Any]:
    from commerce_hooks_cli.store_screen import checked_as_json

    return checked_as_json(checked)


def _checked(desk: "StoreDesk", store: "StoreId") -> "Checked":
    """With what keeps us from checking as a finding, so that the others are checked too."""
    from commerce_hooks.platform_access import Checked, Finding
    from commerce_hooks_cli.store_checking import check

    try:
        return check(desk.open(store))
    except CommandError as error:
        return Checked((Finding(f"{error.message} {error.hint}".rstrip()),))


@stores.command(cls=Verb, epilog=for_example("stores authorize centry acme"))
def authorize(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Have the shop consent in a browser, and take the code that it is given.

    Prints the address to open. The code is typed in without echo, or comes on the standard input.
    """
    from commerce_hooks.platform_access import Authorizable
    from commerce_hooks_cli.subscription_requests import acts, request_looks

    screen = Screen(as_json=as_json)
    desk, id_ = _desk_and_store(ctx.obj, screen, platform, store, stack)
    configuration = desk.configuration(id_)
    access = desk.open(id_)
    if not isinstance(access, Authorizable):
        raise CommandError(f"The store {id_} needs no consent in a browser.")
    url = access.authorize_url()
    screen.note("Somebody of the shop opens this address, consents, and hands over the code:")
    screen.note(url)
    access.authorize(_code(desk.world))
    screen.emit({"platform": id_.platform, "store": id_.name, "authorized": True})
    screen.show(f"The shop {id_} has authorized us. `{desk.command('check', id_)}` looks whether.")
    if acts(configuration):
        remark = request_looks(desk.deployment, [id_]).remark
        if remark:
            screen.warn(remark)


def _code(world: "World") -> str:
    prompt = world.prompt
    code = world.read_input().strip() if prompt is None else prompt("Code", hidden=True)
    if not code:
        raise BadUsageError("There is no code.", "Give it on the standard input.")
    return code


def _desk(world: "World", screen: Screen, stack: str | None) -> "StoreDesk":
    from commerce_hooks_cli.store_desk import StoreDesk

    return StoreDesk.at(world, screen, stack)


def _desk_and_store(
    world: "World", screen: Screen, platform: str, store: str, stack: str | None
) -> tuple["StoreDesk", "StoreId"]:
    from commerce_hooks_cli.store_settings import checked_store_id, known_platforms

    id_ = checked_store_id(known_platforms(world), platform, store)
    return _desk(world, screen, stack), id_
