"""`commerce-hooks quarantine`: genuine callbacks that could not become events."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import discover_platforms
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.samples import load_sample
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.options import Json, Stack, Yes
from commerce_hooks_cli.verbs.quarantine_options import (
    CallbackId,
    CallbackIds,
    Output,
    Platform,
    ReasonKept,
    Repaired,
    Since,
    Store,
    Until,
    selection,
)
from commerce_hooks_cli.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks.callback import Callback
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.examination import Examination, Examiner
    from commerce_hooks_cli.excerpt import Excerpt
    from commerce_hooks_cli.quarantine import QuarantineRecords, Record
    from commerce_hooks_cli.quarantine_discard import Discarded
    from commerce_hooks_cli.quarantine_replay import Replay, Replayed
    from commerce_hooks_cli.quarantine_selection import Selection

quarantine = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Genuine callbacks that could not become events: look at them, replay them, or "
    "give them up.",
)


@quarantine.command("list", cls=Verb, epilog=for_example("quarantine list --since 2h"))
def list_(
    ctx: typer.Context,
    platform: Platform = None,
    store: Store = None,
    reason: ReasonKept = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Also those that are done.")
    ] = False,
    limit: Annotated[
        int,
        typer.Option("--limit", min=1, max=10_000, metavar="N", help="The newest so many."),
    ] = 100,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """List what is in quarantine, in the order it came in.

    What waits stays until it is replayed or discarded. Only where it may hold card data or national
    ids does it expire all the same, after days; `expires` has the day.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    selected = selection(world, platform, store, reason, since, until, done=everything)
    kept = _records(world.deployment(stack, screen))
    with screen.working("Looking ..."):
        # One more than is shown, to know whether there are more.
        found = kept.newest(selected, limit + 1)
    records = found[-limit:]
    screen.emit([record.as_json() for record in records])
    if records:
        _show_list(screen, records)
    elif not as_json:
        screen.show(_why_none(kept, selected))
    if len(found) > limit:
        screen.note(f"There are more: these are the newest {limit}. --limit N shows more of them.")


@quarantine.command(cls=Verb, epilog=for_example("quarantine show 0f8b5c1e"))
def show(
    ctx: typer.Context,
    callback_id: CallbackId,
    output: Output = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show a callback in quarantine, with what is wrong beside the place in its body.

    Today's code and schemas are what it is held against, so it also shows whether a repair
    would let it pass. Card data and national ids are left out, and where the deployment masks
    personal data, so is that.
    """
    from commerce_hooks_cli.quarantine_screen import View

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    examiner = _examiner(world, deployment)
    records = _records(deployment)
    with screen.working("Looking ..."):
        (record,) = records.called([callback_id])
        callback = _callback(records, record)
    if output:
        _write(output, callback.body)
        screen.note(f"{len(callback.body):,} bytes written to {output}")
    examined = examiner.examine(callback)
    piece = _piece(callback, examined, examiner)
    view = View(record, examined, piece, _replay_command(record, stack))
    if as_json:
        # In ASCII, so that what stands in the body cannot drive a terminal.
        screen.emit_line(json.dumps(view.as_json(), indent=2))
        return
    for line in view.lines():
        screen.show_unwrapped(line)


@quarantine.command(cls=Verb, epilog=for_example("quarantine replay --reason invalid --dry-run"))
def replay(
    ctx: typer.Context,
    callback_ids: CallbackIds = None,
    platform: Platform = None,
    store: Store = None,
    reason: ReasonKept = None,
    since: Since = None,
    until: Until = None,
    body: Repaired = None,
    force: Annotated[
        bool,
        typer.Option("--force", metavar="", help="Also what was replayed or discarded already."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Only show what would become of each.")
    ] = False,
    stack: Stack = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Publish callbacks in quarantine as the events that they are today.

    Name them, or choose by platform, store, reason and time. Each is read and validated with
    this checkout's code. Its events have the ids and the time that they would have had then.
    What is still invalid stays in quarantine; --body repairs it by hand. Exit code 1 if any was
    not replayed as a whole.
    """
    from commerce_hooks_cli.quarantine_replay import replay_on

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    chosen = (platform, store, reason, since, until)
    _refuse_unclear(callback_ids, chosen)
    if body is not None and len(callback_ids or ()) != 1:
        raise BadUsageError("--body is for one callback.", "Give its id, and no other.")
    repaired = None if body is None else load_sample(body).body
    selected = selection(world, *chosen, done=force)
    platforms = discover_platforms(world.checkout() / "functions")
    deployment = world.deployment(stack, screen)
    replaying = replay_on(deployment, platforms, force=force, dry_run=dry_run)
    found = _found(screen, replaying.records, callback_ids, selected)
    if found and not dry_run:
        ask_first(world, deployment, _question(deployment, len(found)), yes=yes)
    done = _replay_all(screen, replaying, found, repaired)
    _show_replayed(screen, done)
    _judge(done, local=deployment.local)


@quarantine.command(
    cls=Verb, epilog=for_example("quarantine discard --reason unreadable --until 30d")
)
def discard(
    ctx: typer.Context,
    callback_ids: CallbackIds = None,
    platform: Platform = None,
    store: Store = None,
    reason: ReasonKept = None,
    since: Since = None,
    until: Until = None,
    stack: Stack = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give up callbacks in quarantine: they are done, and nothing is published.

    Name them, or choose by platform, store, reason and time. What is done no longer counts as open,
    and expires by itself; until then `list --all` shows it and `replay --force` replays it.
    """
    from commerce_hooks_cli.quarantine_discard import discard as discarded

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    chosen = (platform, store, reason, since, until)
    _refuse_unclear(callback_ids, chosen)
    selected = selection(world, *chosen, done=False)
    deployment = world.deployment(stack, screen)
    records = _records(deployment)
    found = _found(screen, records, callback_ids, selected)
    if found:
        ask_first(world, deployment, _discard_question(len(found)), yes=yes)
    with screen.working("Discarding ..."):
        done = [discarded(records, record, datetime.now(UTC)) for record in found]
    _show_discarded(screen, done)


def _refuse_unclear(callback_ids: "Sequence[str] | None", chosen: "Sequence[object]") -> None:
    if bool(callback_ids) == any(chosen):
        raise BadUsageError(
            "Which callbacks?",
            "Give either their ids, or at least one of --platform, --store, --reason, --since "
            "and --until.",
        )


def _found(
    screen: Screen,
    records: "QuarantineRecords",
    callback_ids: "Sequence[str] | None",
    selected: "Selection",
) -> "list[Record]":
    with screen.working("Looking ..."):
        return records.called(callback_ids) if callback_ids else records.newest(selected)


def _records(deployment: "Deployment") -> "QuarantineRecords":
    from commerce_hooks_cli.quarantine import QuarantineRecords

    return QuarantineRecords(deployment.client("s3"), deployment.payload_bucket)


def _examiner(world: World, deployment: "Deployment") -> "Examiner":
    from commerce_hooks_cli.examination import Examiner

    return Examiner.of(deployment, discover_platforms(world.checkout() / "functions"))


def _callback(records: "QuarantineRecords", record: "Record") -> "Callback":
    from commerce_hooks.parking import RecordUnreadableError

    try:
        return records.callback(record)
    except RecordUnreadableError as error:
        raise CommandError(
            f"The record cannot be used: {error}.",
            "It was not put there by this application, or was changed.",
        ) from error


def _piece(callback: "Callback", examined: "Examination", examiner: "Examiner") -> "Excerpt | None":
    """Of what can't be read, and only where nothing personal has to be masked in it."""
    from commerce_hooks_cli.excerpt import excerpt

    if examined.tree is not None or examiner.masked:
        return None
    kind = examined.problems[0].type if examined.problems else ""
    return excerpt(callback.body, kind)


def _write(path: Path, body: bytes) -> None:
    try:
        # A new file only: what is there already may be open to others, or lead elsewhere.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
    except OSError as error:
        raise CommandError(f"Could not write {path}: {error.strerror}.") from error


def _replay_command(record: "Record", stack: str | None) -> str:
    options = f"{' --force' if record.done else ''}{f' --stack {stack}' if stack else ''}"
    return f"{command_to_type()} quarantine replay {record.callback_id}{options}"


def _question(deployment: "Deployment", count: int) -> str:
    whose = "of a callback" if count == 1 else f"of {count} callbacks"
    return f"Consumers of the bus {deployment.event_bus_name} will see the events {whose}. Replay?"


def _discard_question(count: int) -> str:
    whose = "Its events" if count == 1 else f"The events of {count} callbacks"
    return f"{whose} will not be published, and what was kept expires. Discard?"


def _replay_all(
    screen: Screen, replaying: "Replay", found: "Sequence[Record]", body: bytes | None
) -> "list[Replayed]":
    """One by one; a bus that failed for one is not waited for again and again."""
    from commerce_hooks_cli.bus_failure import waiting

    done: list[Replayed] = []
    with screen.working("Replaying ...") as now:
        for number, record in enumerate(found, 1):
            if done and done[-1].may_pass is not None:
                done.append(done[-1].not_tried(record))
                continue
            now(f"Replaying {number} of {len(found)}: {waiting()} ...")
            done.append(replaying.replay(record, body))
    return done


def _show_list(screen: Screen, records: "Sequence[Record]") -> None:
    from commerce_hooks_cli.quarantine_screen import records_table

    table = records_table(records)
    screen.show_uncut(table if screen.fits(table) else records_table(records, short=True))


def _why_none(kept: "QuarantineRecords", selected: "Selection") -> str:
    if selected.narrow:
        which = "in quarantine" if selected.done else "that waits"
        return f"Nothing {which} is like that."
    if not selected.done and kept.newest(replace(selected, done=True), 1):
        return "Nothing waits. --all also shows what is done."
    return "Nothing in quarantine."


def _show_replayed(screen: Screen, done: "Sequence[Replayed]") -> None:
    from commerce_hooks_cli.quarantine_screen import replayed_table

    screen.emit([one.as_json() for one in done])
    if done:
        screen.show_uncut(replayed_table(done))
    else:
        screen.show("Nothing in quarantine is like that.")


def _show_discarded(screen: Screen, done: "Sequence[Discarded]") -> None:
    from commerce_hooks_cli.quarantine_discard import Outcome
    from commerce_hooks_cli.quarantine_screen import discarded_table

    screen.emit([one.as_json() for one in done])
    if done:
        screen.show_uncut(discarded_table(done))
    else:
        screen.show("Nothing that waits is like that.")
    failed = sum(one.outcome is Outcome.FAILED for one in done)
    if failed:
        raise CommandError(f"{failed} of {len(done)} callbacks were not discarded.")


def _judge(done: "Sequence[Replayed]", *, local: bool) -> None:
    from commerce_hooks_cli.quarantine_replay import Outcome

    bad = [one for one in done if not one.outcome.good]
    if bad and all(one.outcome is Outcome.DONE_ALREADY for one in bad):
        raise CommandError(_done_already(bad, len(done)))
    if bad:
        raise CommandError(
            f"{len(bad)} of {len(done)} callbacks were not replayed as a whole.",
            _advice(bad, local=local),
        )


def _advice(bad: "Sequence[Replayed]", *, local: bool) -> str:
    """Where it is the bus that failed, nothing is wrong with the callbacks."""
    from commerce_hooks_cli.bus_failure import what_to_do

    by_bus = [one.may_pass for one in bad if one.may_pass is not None]
    if by_bus:
        return what_to_do(may_pass=all(by_bus), local=local)
    return f"`{command_to_type()} quarantine show CALLBACK_ID` shows what is wrong with one."


def _done_already(bad: "Sequence[Replayed]", tried: int) -> str:
    how = " or ".join(sorted({one.record.fate for one in bad}, reverse=True))
    if len(bad) == 1:
        return f"{bad[0].record.callback_id} was {how} already; --force publishes it all the same."
    which = f"{len(bad)} of {tried} callbacks"
    return f"{which} were {how} already; --force publishes them all the same."
