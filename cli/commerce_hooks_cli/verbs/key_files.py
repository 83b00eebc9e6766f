"""`commerce-hooks keys export|import`: the key ring kept in a file, against the day it is lost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.private_files import exists_already, write_privately
from commerce_hooks_cli.verbs.options import Json, Stack, Yes

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_export import Export
    from commerce_hooks_cli.key_records import KeyRecords, Moment
    from commerce_hooks_cli.key_ring_changes import Secret
    from commerce_hooks_cli.key_ring_merge import Merge
    from commerce_hooks_cli.world import World

_SHORTEST_PASSPHRASE = 12
_LARGEST_FILE = 5_000_000

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The export.", show_default=False)]


def export(
    ctx: typer.Context,
    file: _File,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Replace a file that is there.")
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Write the key ring and its keys' times to a file, encrypted by a passphrase.

    The passphrase is asked for, or is the first line of the standard input; at least twelve
    characters. Any tool for age files opens it. Whoever has file and passphrase can make
    callback URLs: keep them apart. Export again after every change of the ring.
    """
    from commerce_hooks_cli.key_export import Export, Times, origin_of, sealed
    from commerce_hooks_cli.key_ring_changes import read_secret
    from commerce_hooks_cli.key_survey import Survey, any_key_ring

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    if file.exists() and not force:
        raise exists_already(file)
    deployment = world.deployment(stack, screen)
    ring, text = any_key_ring(deployment), read_secret(deployment).text or ""
    passphrase = _new_passphrase(world)
    times = Survey(deployment, world).records.times()
    made = Export(
        deployment=origin_of(deployment),
        exported_at=world.clock.now(),
        ring=text,
        keys={
            id_: Times(accepted_at=known.accepted_at, signs_at=known.signs_at)
            for id_, known in times.items()
            if id_ in ring.keys
        },
    )
    with screen.working("Encrypting ..."):
        content = sealed(made, passphrase)
    write_privately(file, content, replace=force)
    screen.emit({"file": str(file), "keys": sorted(ring.keys), "stores": sorted(ring.stores)})
    screen.show(
        f"{file} holds {len(ring.keys)} keys and {len(ring.stores)} stores' entries, encrypted.",
        "Without the passphrase it is of no use to anybody, you included.",
    )


def import_(
    ctx: typer.Context,
    file: _File,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", metavar="", help="Take the export as it is: what it lacks is refused."
        ),
    ] = False,
    from_other_deployment: Annotated[
        bool,
        typer.Option(
            "--from-other-deployment", metavar="", help="Take the ring of another deployment."
        ),
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Bring back keys out of an export, into a key ring that is lost, damaged or incomplete.

    Shows what would change, and asks. Nothing that is accepted today stops being accepted,
    unless with --replace. The passphrase is asked for, or is the first line of the standard
    input.
    """
    from commerce_hooks_cli.key_export import opened
    from commerce_hooks_cli.key_ring_changes import put_secret, read_secret
    from commerce_hooks_cli.key_ring_merge import merged
    from commerce_hooks_cli.key_survey import Survey

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    content = _content(file)
    deployment = world.deployment(stack, screen)
    passphrase = _passphrase(world)
    with screen.working("Decrypting ..."):
        exported = opened(content, passphrase)
    ours = _check_origin(screen, deployment, exported, allowed=from_other_deployment)
    records, read = Survey(deployment, world).records, read_secret(deployment)
    retired = {id_ for id_, known in records.times().items() if known.retired_at}
    plan = merged(read.text, exported.ring, retired, replace=replace)
    changed = plan.text != read.text and not _says_the_same(plan)
    _show(screen, plan, exported)
    if changed:
        ask_first(world, deployment, _question(plan), yes=yes)
        _check_unchanged(deployment, read)
        put_secret(deployment, read, plan.text)
        if read_secret(deployment).text != plan.text:
            raise CommandError("The key ring does not say what was written.", "Look at it again.")
        _note_times(records, plan, exported if ours else None, world.clock.now())
    screen.emit({"changed": changed, **plan.as_json()})
    screen.show("The key ring is written." if changed else "Nothing had to be changed.")


def _new_passphrase(world: "World") -> str:
    passphrase = _passphrase(world)
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        raise BadUsageError(
            f"The passphrase has fewer than {_SHORTEST_PASSPHRASE} characters.",
            "Take several words that nobody else would put together.",
        )
    if world.prompt is not None and world.prompt("The same again", hidden=True) != passphrase:
        raise BadUsageError("The two passphrases differ.", "Try again.")
    return passphrase


def _passphrase(world: "World") -> str:
    if world.prompt is not None:
        return world.prompt("Passphrase", hidden=True)
    line = world.read_input().partition("\n")[0].strip()
    if not line:
        raise BadUsageError(
            "There is no passphrase.", "Give it as the first line of the standard input."
        )
    return line


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            content = opened_file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise BadUsageError(f"Could not read {file}: {error.strerror}.") from error
    if len(content) > _LARGEST_FILE:
        raise BadUsageError(f"{file} is too large to be an export.")
    return content


def _check_origin(
    screen: Screen, deployment: "Deployment", exported: "Export", *, allowed: bool
) -> bool:
    """Whether the export is of this very deployment."""
    from commerce_hooks_cli.key_export import origin_of

    here = origin_of(deployment)
    if exported.deployment == here:
        return True
    message = f"The export is of another deployment: {exported.deployment}, not {here}."
    danger = (
        "With its keys this deployment takes the other's callback URLs for its own: a staging "
        "stack could so take over production's subscriptions."
    )
    if not allowed:
        raise BadUsageError(message, f"{danger} If you mean it: --from-other-deployment.")
    screen.warn(f"{message} {danger}")
    return False


def _check_unchanged(deployment: "Deployment", read: "Secret") -> None:
    """What was shown and agreed to is of this ring; somebody may have rotated meanwhile."""
    from commerce_hooks_cli.key_ring_changes import read_secret

    if read_secret(deployment).version != read.version:
        raise CommandError(
            "Somebody else changed the key ring while this asked; nothing was changed here.",
            "Call this again: it shows what it would change then.",
        )


def _says_the_same(plan: "Merge") -> bool:
    changes = (plan.added, plan.replaced, plan.removed, plan.stores)
    return plan.was_usable and plan.sign == plan.signed and not any(changes)


def _show(screen: Screen, plan: "Merge", exported: "Export") -> None:
    if not plan.was_usable:
        screen.show("The secret holds no key ring that can be used.")
    screen.show(f"The export was made at {exported.exported_at:%Y-%m-%d %H:%M} UTC.")
    for label, names in (
        ("accepted again", plan.added),
        ("another key under the same name", plan.replaced),
        ("no longer accepted", plan.removed),
        ("left out, for they were retired", plan.retired),
        ("stores whose entries change", plan.stores),
        ("stores left as they are, though the export differs", plan.left),
    ):
        if names:
            screen.show(f"  {label}: {', '.join(names)}")
    change = "" if plan.sign == plan.signed else f", before: {plan.signed or 'none'}"
    screen.show(f"  signs: {plan.sign}{change}")


def _question(plan: "Merge") -> str:
    if plan.replaced or plan.removed:
        gone = ", ".join((*plan.replaced, *plan.removed))
        return f"URLs made with what is now {gone} will be refused. Change the key ring?"
    return "Change the key ring?"


def _note_times(
    records: "KeyRecords", plan: "Merge", exported: "Export | None", now: "datetime"
) -> None:
    """A key that was not in the ring is accepted from now on; when it began to sign stays true."""
    known = records.times()
    for key_id in {*plan.added, *plan.replaced}:
        imported_at = None if exported else now
        news: dict[Moment, datetime | None] = {"imported_at": imported_at, "retired_at": None}
        records.note(key_id, {**news, "accepted_at": now})
        told = exported.keys.get(key_id) if exported else None
        if told and told.signs_at and not (key_id in known and known[key_id].signs_at):
            records.note(key_id, {"signs_at": told.signs_at})
