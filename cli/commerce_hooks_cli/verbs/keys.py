"""`commerce-hooks keys`: the keys behind callback URLs, from a new one to the old one's end."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import checked_store, unknown
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.key_files import export, import_
from commerce_hooks_cli.verbs.key_revoke import revoke, store_called, warn_of_a_stranger
from commerce_hooks_cli.verbs.options import Json, PlatformOrCenit, Stack, StoreName, Yes

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_rotation import Rotation
    from commerce_hooks_cli.key_survey import Survey
    from commerce_hooks_cli.world import World

keys = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The keys behind callback URLs: renew them, retire them, revoke a shop's URLs.",
)
_LEFT = 2


@keys.command(cls=Verb, epilog=for_example("keys rotate"))
def rotate(
    ctx: typer.Context,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", metavar="", help="Only add the key, and say when to come back."),
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Let a new key make callback URLs. Every URL that is in use goes on working.

    First the key is added as accepted; once all functions know it, it signs. If that is
    interrupted, the next `keys rotate` goes on with the same key. Then it says where the old
    URLs have to be replaced, before the old key can be retired.
    """
    from commerce_hooks_cli import keys_screen
    from commerce_hooks_cli.key_rotation import Rotation, aws_clock
    from commerce_hooks_cli.key_survey import Survey

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    survey = Survey(deployment, world)
    rotation = Rotation(deployment, survey.records, aws_clock(deployment, world.clock))
    begun = rotation.unfinished()
    goal = f"let {begun} sign, which is accepted already" if begun else "add a key and use it"
    ask_first(world, deployment, f"Callback URLs will change: {goal}. Go on?", yes=yes)
    key_id = begun or rotation.accept()
    screen.note(f"{key_id} is accepted, beside all keys that were.")
    ready_at = rotation.ready_at(key_id)
    if no_wait and rotation.clock.now() < ready_at:
        _say_when_to_come_back(screen, key_id, ready_at, stack)
        return
    _wait(screen, rotation, ready_at)
    rotation.let_sign(key_id)
    screen.note(f"{key_id} signs: URLs made from now on use it. The earlier ones go on working.")
    _request_looks(world, screen, deployment)
    with screen.working("Looking ...") as now:
        facts = survey.facts(now)
    screen.emit({"key_id": key_id, "signs_now": True, **keys_screen.as_json(facts, stack)})
    keys_screen.show(screen, facts, stack)


@keys.command(cls=Verb, epilog=for_example("keys status"))
def status(ctx: typer.Context, stack: Stack = None, as_json: Json = False) -> None:
    """Show which keys are accepted, who uses them, and what still has to change where.

    Where a store has credentials, its subscriptions are read back at the platform. Elsewhere
    your word counts (`keys confirm`), until a callback with another key comes after it. What
    can't be told counts as not done.

    Exit code 2 while something is left to do.
    """
    from commerce_hooks_cli import keys_screen
    from commerce_hooks_cli.key_survey import Survey

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    with screen.working("Looking ...") as now:
        facts = Survey(deployment, world).facts(now)
    screen.emit(keys_screen.as_json(facts, stack))
    keys_screen.show(screen, facts, stack)
    if not facts.settled:
        raise typer.Exit(_LEFT)


@keys.command(cls=Verb, epilog=for_example("keys confirm iset acme"))
def confirm(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY",
            help="The key of its URLs. Without it: the one that signs.",
            show_default=False,
        ),
    ] = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Give your word that a shop's URLs have all been replaced by those of a key.

    For shops whose platform nobody can ask: iSET, Cenit, and those without credentials here. And
    where callbacks came to a URL that the platform does not list: it may be switched off.

    It is refused while callbacks say otherwise. `keys status` shows if one comes later.
    """
    from commerce_hooks.callback import iso_utc
    from commerce_hooks_cli.key_records import Confirmation
    from commerce_hooks_cli.key_survey import Survey, any_key_ring

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    which = store_called(world, f"{platform}/{checked_store(store)}")
    deployment = world.deployment(stack, screen)
    survey, ring, now = Survey(deployment, world), any_key_ring(deployment), world.clock.now()
    key_id = key or ring.sign
    if key_id not in ring.keys:
        raise unknown("accepted key", key_id, sorted(ring.keys))
    _refuse_what_can_be_looked_up(survey, ring, which)
    _refuse_contradiction(survey, which, key_id, now)
    warn_of_a_stranger(screen, survey, ring, which)
    survey.records.confirm(Confirmation(which, key_id, now))
    screen.emit({"platform": platform, "store": store, "key_id": key_id, "at": iso_utc(now)})
    screen.show(f"Noted: {which} calls URLs of {key_id} and no others.")


keys.command(cls=Verb, epilog=for_example("keys revoke konimbo/acme"))(revoke)
keys.command(cls=Verb, epilog=for_example("keys export ring.age"))(export)
keys.command("import", cls=Verb, epilog=for_example("keys import ring.age"))(import_)


def _request_looks(world: "World", screen: Screen, deployment: "Deployment") -> None:
    """Have subscriptions get the new URLs now, where that is ours to do."""
    from commerce_hooks.errors import UnavailableError
    from commerce_hooks_cli.subscription_requests import acts, can_be_asked, request_looks

    if not can_be_asked(deployment):
        return
    accesses = world.accesses()
    try:
        known = world.stores(deployment).all()
    except UnavailableError as error:
        screen.warn(f"Which stores have subscriptions could not be told: {error}.")
        return
    stores = [store for store, one in known.items() if store.platform in accesses and acts(one)]
    requested = request_looks(deployment, stores)
    if requested.stores:
        screen.note(f"The subscriptions of {requested.stores} stores are given new URLs now.")
    if requested.remark:
        screen.warn(requested.remark)


def _wait(screen: Screen, rotation: "Rotation", ready_at: datetime) -> None:
    left = (ready_at - rotation.clock.now()).total_seconds()
    if left <= 0:
        return
    screen.note(
        f"Waiting {left:.0f} s, until every function has read it. Interrupted, the next "
        "`keys rotate` goes on here."
    )
    with screen.progress("Waiting for the functions") as advance:
        rotation.wait(ready_at, advance)


def _say_when_to_come_back(
    screen: Screen, key_id: str, ready_at: datetime, stack: str | None
) -> None:
    from commerce_hooks.callback import iso_utc
    from commerce_hooks_cli.keys_screen import verb

    screen.emit({"key_id": key_id, "signs_now": False, "ready_at": iso_utc(ready_at)})
    when = ready_at.strftime("%H:%M:%S UTC")
    screen.show(f"From {when} on, {verb('keys rotate', stack)} lets {key_id} sign.")


def _refuse_what_can_be_looked_up(survey: "Survey", ring: "KeyRing", store: "StoreId") -> None:
    from commerce_hooks_cli.key_uses import unlisted

    answer = survey.asked(ring, store)
    if answer is None:
        return
    if isinstance(answer, str) or not unlisted(answer, survey.seen().get(store, [])):
        raise BadUsageError(
            f"{store} has credentials here: its URLs are read back, nobody has to vouch for them.",
            "See `keys status`.",
        )


def _refuse_contradiction(survey: "Survey", store: "StoreId", key_id: str, at: datetime) -> None:
    from commerce_hooks_cli.key_rules import contradicting_topics

    topics = contradicting_topics(survey.seen().get(store, []), key_id, at)
    if topics:
        raise CommandError(
            f"Callbacks with another key than {key_id} came after those with it: "
            f"{', '.join(topics)}. So an old URL is in use.",
            "Remove the old URL at the platform, then wait for the next callback of that topic, "
            "or 48 hours.",
        )
