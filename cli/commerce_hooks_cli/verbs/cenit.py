"""`commerce-hooks cenit`: what Cenit needs to call us, and how a store's calls are taken."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.platforms import checked_store, discover_platforms, platform_called
from commerce_hooks_cli.private_files import write_privately
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.options import Json, Stack, StoreName, Yes

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing
    from commerce_hooks_cli.cenit_collection import Collection
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import World

    Settings = dict[str, bool | str | None]

cenit = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Cenit.io: the collection that makes it call us, and how a store's calls are taken.",
)

_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


@cenit.command(cls=Verb, epilog=for_example("cenit collection acme --output acme.json"))
def collection(
    ctx: typer.Context,
    store: StoreName,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE.json",
            help="Where to write it. Without it: to the standard output.",
            show_default=False,
        ),
    ] = None,
    signed: Annotated[
        bool | None,
        typer.Option(
            "--signed/--static",
            metavar="",
            help="Sign every call, or send a token with it. Without either: signed if the store "
            "takes nothing else.",
            show_default=False,
        ),
    ] = None,
    without_brands: Annotated[
        bool,
        typer.Option("--without-brands", metavar="", help="The shop has no list of brands."),
    ] = False,
    without_categories: Annotated[
        bool,
        typer.Option("--without-categories", metavar="", help="Its products have no categories."),
    ] = False,
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            metavar="NAME",
            help="Where it goes at Cenit. Without it: CommerceHooks_STORE.",
            show_default=False,
        ),
    ] = None,
    with_secret: Annotated[
        bool,
        typer.Option("--with-secret", metavar="", help="Put the secret in too; needs --output."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Let --output replace a file.")
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Write the collection to import at Cenit: it makes a tenant call the store's services.

    It has the connection, the authorization, a webhook for each service, and the algorithms
    that read our answers. The secret is left to be filled in at Cenit, unless you ask for it.
    """
    from commerce_hooks_cli.cenit_access import CenitAccess
    from commerce_hooks_cli.cenit_collection import Collection, left_out, namespace_of

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    checked_store(store)
    _check_namespace(namespace)
    if with_secret and output is None:
        raise BadUsageError(
            "A secret goes into a file that only you can read.", "Add --output FILE.json."
        )
    deployment = world.deployment(stack, screen)
    ring = deployment.key_ring()
    access = CenitAccess.of(ring, store, signed=signed)
    if not access.signed and _settings_of(ring, store)["signed_only"]:
        screen.warn(f"The store {store} refuses calls with a token: leave --static out.")
    made = Collection(
        store=store,
        base_url=deployment.cenit_base_url,
        namespace=namespace or namespace_of(store),
        signed=access.signed,
        parameter=access.parameter,
        without=left_out(brands=without_brands, categories=without_categories),
        secret=access.secret if with_secret else None,
    )
    text = json.dumps(made.as_json(), ensure_ascii=False, indent=2)
    if output is None:
        screen.emit_line(text)
    else:
        write_privately(output, text + "\n", replace=force)
        screen.emit(_facts(made, output))
        screen.show(f"{output} is written. Import it at Cenit, under Collections.")
    if made.secret is None:
        screen.note(_how_to_get_the_secret(made, stack))
    else:
        screen.note("It holds the key: treat it like a password, and delete it after the import.")


@cenit.command(cls=Verb, epilog=for_example("cenit configure acme --backed-by konimbo/acme"))
def configure(
    ctx: typer.Context,
    store: StoreName,
    backed_by: Annotated[
        str | None,
        typer.Option(
            "--backed-by",
            metavar="PLATFORM/STORE",
            help="The store it stands for; events name it.",
            show_default=False,
        ),
    ] = None,
    no_backed_by: Annotated[
        bool,
        typer.Option("--no-backed-by", metavar="", help="It stands for no other store any more."),
    ] = False,
    signed_only: Annotated[
        bool | None,
        typer.Option(
            "--signed-only/--static-allowed",
            metavar="",
            help="Refuse calls with a token, or take them too.",
            show_default=False,
        ),
    ] = None,
    stack: Stack = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say which store a Cenit store stands for, and whether its calls have to be signed.

    It changes the store's entry in the key ring, and nothing else there; the functions follow
    within 60 seconds. Without options it shows how the store is configured.

    Before --signed-only, the signing key must be at Cenit: `urls cenit STORE --signed` has it,
    and `cenit collection STORE --signed` what signs.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    checked_store(store)
    if no_backed_by and backed_by is not None:
        raise BadUsageError(
            "--backed-by and --no-backed-by exclude each other.", "Leave one of them out."
        )
    wanted = _wanted(world, backed_by, signed_only, no_backed_by=no_backed_by)
    deployment = world.deployment(stack, screen)
    connection = f"{deployment.cenit_base_url}/{store}"
    ring = deployment.key_ring()
    known = _settings_of(ring, store)
    changes = {name: value for name, value in wanted.items() if known[name] != value}
    if changes.get("signed_only"):
        screen.note(
            "The signing key has to be at Cenit first: "
            f"`{_secret_command(store, stack, signed=True)}` prints it."
        )
    if changes:
        ask_first(world, deployment, _question(store, changes), yes=yes)
        ring = _change(deployment, store, changes)
    _show_settings(screen, store, connection, _settings_of(ring, store), changed=bool(changes))


def _check_namespace(name: str | None) -> None:
    # A slug, file names and references are made of it, so it is kept plain.
    if name is not None and not _NAMESPACE.fullmatch(name):
        raise BadUsageError(
            f"{name!r} cannot be the namespace.",
            "Use letters, digits and _, beginning with a letter.",
        )


def _facts(made: "Collection", output: Path) -> dict[str, Any]:
    return {
        "file": str(output),
        "store": made.store,
        "namespace": made.namespace,
        "signed": made.signed,
        "secret_in_file": made.secret is not None,
        "secret_parameter": made.parameter,
        "webhooks": [call.name for call in made.calls],
        "algorithms": [algorithm.name for algorithm in made.algorithms],
    }


def _how_to_get_the_secret(made: "Collection", stack: str | None) -> str:
    return (
        f"Then give the authorization `base` its template parameter {made.parameter}: "
        f"`{_secret_command(made.store, stack, signed=made.signed)}` prints it."
    )


def _secret_command(store: str, stack: str | None, *, signed: bool) -> str:
    kind = " --signed" if signed else ""
    named = f" --stack {stack}" if stack else ""
    return f"{command_to_type()} urls cenit {store}{kind}{named}"


def _wanted(
    world: "World", backed_by: str | None, signed_only: bool | None, *, no_backed_by: bool
) -> "Settings":
    wanted: Settings = {"backed_by": None} if no_backed_by else {}
    if backed_by is not None:
        platform, _, store = backed_by.partition("/")
        platform_called(discover_platforms(world.checkout() / "functions"), platform)
        wanted["backed_by"] = f"{platform}/{checked_store(store)}"
    if signed_only is not None:
        wanted["signed_only"] = signed_only
    return wanted


def _settings_of(ring: "KeyRing", store: str) -> dict[str, Any]:
    from commerce_hooks.keyring import CallbackTarget
    from commerce_hooks_cli.key_ring_changes import refuse_malformed

    refuse_malformed(ring, f"cenit/{store}")
    keys = ring.store(CallbackTarget("cenit", store))
    return {
        "backed_by": keys.backed_by,
        "signed_only": keys.signed_only,
        "disabled": keys.disabled,
        "generation": keys.generation,
    }


def _question(store: str, changes: "Settings") -> str:
    if changes.get("signed_only"):
        return (
            f"Cenit's calls for {store} will be refused unless they are signed. Is the signing "
            "key at Cenit already? Change the key ring?"
        )
    return f"Consumers and Cenit's calls for {store} will notice. Change the key ring?"


def _change(deployment: "Deployment", store: str, changes: "Settings") -> "KeyRing":
    from commerce_hooks_cli.key_ring_changes import change_key_ring, with_store

    return change_key_ring(deployment, lambda text: with_store(text, f"cenit/{store}", changes))


def _show_settings(
    screen: Screen, store: str, connection: str, settings: dict[str, Any], *, changed: bool
) -> None:
    about = {"platform": "cenit", "store": store, "connection": connection}
    screen.emit({**about, **settings, "changed": changed})
    takes = "signed calls only" if settings["signed_only"] else "calls with a token or a signature"
    for label, fact in (
        ("store", store),
        ("connection", connection),
        ("stands for", settings["backed_by"] or "-"),
        ("takes", "none: it is disabled" if settings["disabled"] else takes),
    ):
        screen.show_unwrapped(Text.assemble((f"{label:<12}", "dim"), fact))
    if changed:
        screen.note("The functions follow within 60 seconds.")
