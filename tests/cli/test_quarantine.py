"""`commerce-hooks quarantine`, with S3 and EventBridge played by moto."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from commerce_hooks.errors import Reason
from commerce_hooks_cli import bus_failure
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.quarantine import Place, Record
from commerce_hooks_cli.quarantine_screen import records_table
from support.account import BUCKET
from support.command import REAL, FakeWorld
from support.quarantine import RECEIVED_AT, Quarantined

VALID = {"item": {"id": 7, "store_id": 1, "code": "A-1"}}
INVALID = {"item": {"id": "seven", "store_id": 1, "title": "שלום"}}
ORDERS = "konimbo/acme/order_created_bulk"
# A number that passes for a card's, of a range that no bank uses.
CARD = "4000000000000002"


@pytest.fixture
def world(tmp_path: Path, quarantine: Quarantined) -> FakeWorld:
    return FakeWorld(tmp_path, quarantine.deployment)


def deployed(deployment: Deployment) -> Deployment:
    return replace(deployment, local=False, name=REAL.name, account=REAL.account)


def ids(result: Any) -> list[str]:
    return [one["callback_id"] for one in result.json]


class Failing:
    """A client of which some operations fail with a code, or only those for one key."""

    def __init__(self, client: Any, key: str, codes: dict[str, str]) -> None:
        self._client = client
        self._key = key
        self._codes = codes

    def __getattr__(self, name: str) -> Any:
        def call(**about: Any) -> Any:
            if name in self._codes and about.get("Key", "").endswith(self._key):
                raise ClientError({"Error": {"Code": self._codes[name]}}, name)
            return known(**about)

        known = getattr(self._client, name)
        return call if name in self._codes else known


def failing(quarantine: Quarantined, service: str, key: str = "", **codes: str) -> Deployment:
    known = quarantine.deployment.clients

    def clients(name: str) -> Any:
        return Failing(known(name), key, codes) if name == service else known(name)

    return replace(quarantine.deployment, clients=clients)


# --- list ---------------------------------------------------------------------------------------


def test_an_empty_quarantine_is_said(world: FakeWorld) -> None:
    assert "Nothing in quarantine" in world.run("quarantine", "list").stdout
    assert world.run("quarantine", "list", "--json").json == []


def test_the_list_is_in_the_order_in_which_callbacks_came_in(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    last = quarantine.put(INVALID, received_at=RECEIVED_AT + timedelta(days=1))
    first = quarantine.put(INVALID, "iset/acme/order-saved", received_at=RECEIVED_AT)
    middle = quarantine.put({}, ORDERS, received_at=RECEIVED_AT + timedelta(hours=1))

    assert ids(world.run("quarantine", "list", "--json")) == [first, middle, last]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Nothing waits. --all also shows what is done."),
        (["--store", "acme"], "Nothing that waits is like that."),
        (["--store", "other", "--all"], "Nothing in quarantine is like that."),
    ],
)
def test_why_nothing_is_listed_is_told(
    world: FakeWorld, quarantine: Quarantined, options: list[str], words: str
) -> None:
    world.run("quarantine", "replay", quarantine.put(VALID))

    assert world.run("quarantine", "list", *options).stdout == f"{words}\n"


def test_a_record_is_listed_with_what_is_known_of_it(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(INVALID)

    assert world.run("quarantine", "list", "--json").json == [
        {
            "callback_id": id_,
            "received_at": "2026-03-09T12:30:15.123Z",
            "platform": "konimbo",
            "store": "acme",
            "topic": "item_inventory_updated",
            "reason": "invalid",
            "content_type": "application/json",
            "size": len(json.dumps(INVALID)),
            "key": f"quarantine/konimbo/acme/2026-03-09/{id_}",
            "state": "waiting",
            "replayed_at": None,
            "discarded_at": None,
            "expires_at": None,
        }
    ]
    row = world.run("quarantine", "list").stdout.splitlines()[1]
    assert row.split() == [
        *("2026-03-09", "12:30:15", "konimbo", "acme", "item_inventory_updated", "invalid"),
        *(str(len(json.dumps(INVALID))), id_, "waiting"),
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--platform", "konimbo"], [0, 2]),
        (["--store", "other"], [1, 2]),
        (["--platform", "konimbo", "--store", "other"], [2]),
        (["--reason", "unreadable"], [1]),
        (["--since", "2026-03-10"], [1, 2]),
        (["--until", "2026-03-10T12:30:15.123Z"], [0]),
        (["--since", "2026-03-09T14:30:15.123+02:00", "--until", "2026-03-10T12:30:16"], [0, 1]),
        (["--since", "1h"], []),
        (["--since", "900000d"], None),
        (["--since", "1m", "--until", "1d"], None),
    ],
)
def test_filters_choose(
    world: FakeWorld, quarantine: Quarantined, filters: list[str], expected: list[int] | None
) -> None:
    put = [
        quarantine.put(INVALID),
        quarantine.put(
            b"{", "centry/other", Reason.UNREADABLE, received_at=RECEIVED_AT + timedelta(days=1)
        ),
        quarantine.put({}, "konimbo/other/order_created", received_at=RECEIVED_AT.replace(day=11)),
    ]

    result = world.run("quarantine", "list", *filters, "--json")

    if expected is None:
        assert (result.exit_code, result.stdout) == (2, "")
    else:
        assert ids(result) == [put[number] for number in expected]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--platform", "konimo"], "Did you mean konimbo?"),
        (["--platform", "cenit"], "Cenit's calls are never quarantined."),
        (["--store", "../x"], "cannot be the name of a store"),
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--reason", "bad"], "bad"),
    ],
)
def test_what_cannot_be_is_refused(world: FakeWorld, arguments: list[str], words: str) -> None:
    result = world.run("quarantine", "list", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr


def test_a_list_that_is_cut_off_has_the_newest_and_says_so(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    put = [quarantine.put({}, received_at=RECEIVED_AT + timedelta(days=n)) for n in range(5)]

    cut, whole = (world.run("quarantine", "list", "--json", "--limit", n) for n in "25")

    assert (ids(cut), ids(whole)) == (put[3:], put)
    assert "the newest 2" in cut.stderr
    assert "newest" not in whole.stderr


def test_many_records_are_read_in_several_turns(world: FakeWorld, quarantine: Quarantined) -> None:
    put = [quarantine.put({}, received_at=RECEIVED_AT + timedelta(hours=n)) for n in range(70)]

    assert ids(world.run("quarantine", "list", "--json")) == put


def test_what_is_done_is_listed_only_when_asked_for(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    world.run("quarantine", "replay", id_)

    assert world.run("quarantine", "list", "--json").json == []
    (listed,) = world.run("quarantine", "list", "--all", "--json").json
    assert (listed["callback_id"], listed["state"]) == (id_, "done")


def test_on_a_narrow_screen_ids_are_cut_to_beginnings_that_other_verbs_take(
    world: FakeWorld, quarantine: Quarantined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    id_ = quarantine.put(VALID)

    words = world.run("quarantine", "list").stdout.split()

    assert id_ not in words
    assert id_[:13] in words
    assert world.run("quarantine", "replay", id_[:13]).exit_code == 0


def test_objects_that_are_no_records_are_listed_as_far_as_they_tell(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    for key in ("quarantine/readme", "quarantine/konimbo/acme/2026-03-09/found", "bulk/a/b/c/d"):
        quarantine.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    quarantine.s3.put_object(
        Bucket=BUCKET,
        Key="quarantine/konimbo/acme/2026-03-09/naive123",
        Metadata={"received-at": "2026-03-09T12:00:00"},
    )

    listed = world.run("quarantine", "list", "--json").json

    assert [(one["callback_id"], one["reason"], one["topic"]) for one in listed] == [
        ("found", "-", None),
        ("naive123", "-", None),
    ]


def test_nothing_in_a_list_drives_the_terminal() -> None:
    evil = "\x1b[2J"
    place = Place(f"key{evil}", f"a{evil}", f"b{evil}", "2026-03-09", f"c{evil}", 1, RECEIVED_AT)
    shown = StringIO()

    Console(file=shown, width=200).print(
        records_table([Record(place, RECEIVED_AT, f"d{evil}", topic=f"e{evil}")])
    )

    assert "\x1b" not in shown.getvalue()


def test_a_record_that_expires_while_it_is_listed_is_left_out(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    left, gone = quarantine.put(VALID), quarantine.put(VALID)

    world.deployment = failing(quarantine, "s3", gone, head_object="404")

    assert ids(world.run("quarantine", "list", "--json")) == [left]
    shown = world.run("quarantine", "show", gone)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "has expired" in shown.stderr


def test_a_missing_right_is_put_into_words(world: FakeWorld, quarantine: Quarantined) -> None:
    quarantine.put(VALID)

    world.deployment = failing(quarantine, "s3", head_object="403")

    result = world.run("quarantine", "list")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "may not call head_object" in result.stderr


# --- show ---------------------------------------------------------------------------------------


def test_errors_stand_beside_their_place_in_the_body(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put({"item": {"id": "seven", "store_id": True, "title": "שלום"}})

    shown = world.run("quarantine", "show", id_)

    assert shown.exit_code == 0
    assert '    "id": "seven",  <-- identifier' in shown.stdout
    assert '    "store_id": true,  <-- identifier' in shown.stdout
    assert '    "title": "שלום"\n' in shown.stdout
    assert "item.id: identifier" in shown.stdout
    assert "refused too: invalid" in shown.stdout
    assert "quarantine replay" not in shown.stdout


def test_what_is_missing_is_told_at_what_it_is_missing_from(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    inner = quarantine.put({"item": {"title": "x"}})
    outer = quarantine.put({"product": {"id": 1}})
    topic = quarantine.put({"order_id": "66e01c4f1746bf5a700000a1"}, "centry/acme")

    shown = [world.run("quarantine", "show", id_).stdout for id_ in (inner, outer, topic)]

    assert '  "item": {  <-- id: missing' in shown[0]
    assert "\n{  <-- item: missing" in shown[1]
    assert "\n{  <-- topic: missing" in shown[2]


def test_of_several_parts_the_bad_ones_are_marked(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(
        {"orders": [{"id": n} if n % 150 else {"id": None} for n in range(301)]}, ORDERS
    )

    shown = world.run("quarantine", "show", id_).stdout

    assert shown.count("<-- identifier") == 3
    assert shown.count("lines ...") == 2
    assert "[150].order.id: identifier" in shown
    assert "298 times order.created" in shown
    assert len(shown.splitlines()) < 100


def test_of_many_problems_the_first_are_told(world: FakeWorld, quarantine: Quarantined) -> None:
    id_ = quarantine.put({"orders": [{}] * 70}, ORDERS)

    shown = world.run("quarantine", "show", id_).stdout
    replayed = world.run("quarantine", "replay", id_).stdout

    assert "[9].order: missing\n  and 60 more\n" in shown
    assert "invalid ([0].order: missing, [1].order: missing, 68 more)" in replayed


def test_a_form_is_shown_as_what_it_says(world: FakeWorld, quarantine: Quarantined) -> None:
    raw = b"item[id]=seven&item[price]=1.5&item[tags][]=a&item[tags][]=b%1b"
    bad = quarantine.put(raw)
    good = quarantine.put(raw.replace(b"seven", b"7"))

    shown = world.run("quarantine", "show", bad).stdout

    assert '    "id": "seven",  <-- identifier\n' in shown
    assert '      "b\\u001b"\n' in shown
    assert world.run("quarantine", "replay", good).exit_code == 0


def test_a_callback_that_would_be_accepted_today_says_how_to_replay_it(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID, reason=Reason.INTERNAL_ERROR)

    shown = world.run("quarantine", "show", id_)

    assert "accepted, as stock.changed" in shown.stdout
    assert f"quarantine replay {id_}\n" in shown.stdout
    world.deployment = deployed(quarantine.deployment)
    assert f"replay {id_} --stack shop-hooks\n" in (
        world.run("quarantine", "show", id_, "--stack", "shop-hooks").stdout
    )


def test_show_has_it_all_as_json(world: FakeWorld, quarantine: Quarantined) -> None:
    invalid, valid = quarantine.put(INVALID), quarantine.put(VALID)

    bad, good = (world.run("quarantine", "show", id_, "--json").json for id_ in (invalid, valid))

    assert (bad["accepted_today"], bad["refused_today"]) == (False, "invalid")
    assert bad["errors"] == [{"loc": ["item", "id"], "type": "identifier"}]
    assert (bad["body"], bad["events"]) == (INVALID, [])
    assert (good["accepted_today"], good["refused_today"]) == (True, None)
    assert good["events"] == [{"event_id": f"{valid}.0", "detail_type": "stock.changed"}]


def test_what_cannot_be_read_is_shown_where_it_breaks_off(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(b'{"a": 12,\n "b": oops, "c": 34}', reason=Reason.UNREADABLE)

    shown = world.run("quarantine", "show", id_)

    assert "unreadable" in shown.stdout
    assert '{"a": ##,\n "b": \n<-- not_json: line 2, column 7\noops, "c": ##}' in shown.stdout
    told = world.run("quarantine", "show", id_, "--json").json
    assert (told["line"], told["column"], told["body"]) == (2, 7, None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a": "\xff"}', "not_utf8: line 1, column 8"),
        (b'\xef\xbb\xbf{"a": "\xc3\xa9\xff"}', "not_utf8: line 1, column 9"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a": 1}' + b" " * 1_500_000, "too big to parse"),
        (b"[" + b"1" * 5_000 + b",}", "integer_out_of_range"),
        (b"", "not_json: line 1, column 1"),
        (b"[]", "not_an_object"),
    ],
)
def test_why_something_cannot_be_read_is_told(
    world: FakeWorld, quarantine: Quarantined, body: bytes, words: str
) -> None:
    id_ = quarantine.put(body, reason=Reason.UNREADABLE)

    shown = world.run("quarantine", "show", id_).stdout

    assert words in shown
    assert len(shown) < 3_000


@pytest.mark.parametrize(
    "target", ["konimbo/acme/item_inventory_updated", "konimbo/acme/order_created", "centry/acme"]
)
@pytest.mark.parametrize(
    "body",
    [
        {"item": {"id": "x", "note": f"card {CARD}"}, "order": {"cpf": CARD, "t": CARD}},
        {"topic": CARD, "card_number": CARD, CARD: {"deep": [CARD, int(CARD)]}},
        f'{{"card": "{CARD}"'.encode(),
        b"{ 4000 0000 0000 0002",
        b"{" + "٤٠٠٠".encode() + CARD.encode(),
    ],
)
def test_card_data_never_reaches_the_screen(
    world: FakeWorld, quarantine: Quarantined, target: str, body: object
) -> None:
    id_ = quarantine.put(body, target)

    said = (
        world.run("quarantine", "show", id_).output
        + world.run("quarantine", "show", id_, "--json").output
    )

    assert CARD not in said
    assert "4000 0000 0000 0002" not in said
    assert "٤" not in said


def test_personal_data_is_masked_where_the_deployment_masks_it(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    world.deployment = quarantine.with_outputs(PersonalData="masked")
    readable = quarantine.put({"customer": {"name": "Dana"}}, "konimbo/acme/customer_created")
    broken = quarantine.put(b'{"customer": {"name": "Dana"', "konimbo/acme/customer_created")

    shown = [world.run("quarantine", "show", id_).output for id_ in (readable, broken)]

    assert not any("Dana" in said for said in shown)
    assert "id: missing" in shown[0]
    assert "can't be told" in shown[1]


@pytest.mark.parametrize("json_", [[], ["--json"]])
def test_nothing_in_a_body_drives_the_terminal(
    world: FakeWorld, quarantine: Quarantined, json_: list[str]
) -> None:
    wild = "\x1b[2J\x9b1m\u202e\x7f"
    readable = quarantine.put({"item": {"id": wild, wild: wild}})
    broken = quarantine.put(b'{"a": "' + wild.encode())

    for id_ in (readable, broken):
        said = world.run("quarantine", "show", id_, *json_).output
        assert not set(wild) & set(said) - set("[2J1m")


def test_the_bytes_can_be_written_to_a_file_for_its_owner_only(
    world: FakeWorld, quarantine: Quarantined, tmp_path: Path
) -> None:
    body = b'{"broken": "\xff' + CARD.encode()
    id_ = quarantine.put(body)
    path = tmp_path / "body"

    shown = world.run("quarantine", "show", id_, "--output", str(path))
    again = world.run("quarantine", "show", id_, "--output", str(path))

    assert (shown.exit_code, path.read_bytes()) == (0, body)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert again.exit_code == 1
    assert "File exists" in again.stderr


@pytest.mark.parametrize(
    ("id_", "exit_code", "words"),
    [
        ("1000000", 2, "too short"),
        ("10000000", 2, "2 ids begin with"),
        ("10000001", 0, ""),
        ("ffffffff", 1, "Nothing in quarantine has the id 'ffffffff'"),
        ("10000001-0000-4000-8000-000000000000", 0, ""),
    ],
)
def test_a_callback_is_named_by_its_id_or_a_beginning_of_it(
    world: FakeWorld, quarantine: Quarantined, id_: str, exit_code: int, words: str
) -> None:
    quarantine.ids = iter([0x1000_0001, 0x1000_0000, 0x1000_0000])
    quarantine.put(VALID)
    quarantine.put(VALID)
    quarantine.put(VALID, "iset/acme/order-saved")

    result = world.run("quarantine", "show", id_)

    assert result.exit_code == exit_code
    assert words in result.stderr


def test_an_id_that_others_begin_with_is_still_that_one(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    longer = quarantine.put(INVALID)
    quarantine.s3.copy_object(
        Bucket=BUCKET,
        Key=f"{quarantine.key(longer)}-more",
        CopySource=f"{BUCKET}/{quarantine.key(longer)}",
    )

    assert world.run("quarantine", "show", longer, "--json").json["callback_id"] == longer


def test_a_record_whose_attributes_are_not_those_of_its_key_is_not_used(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    source = quarantine.key(id_)
    quarantine.s3.copy_object(
        Bucket=BUCKET,
        Key=f"quarantine/iset/acme/2026-03-09/{id_[:-1]}x",
        CopySource=f"{BUCKET}/{source}",
    )

    shown = world.run("quarantine", "show", f"{id_[:-1]}x")
    replayed = world.run("quarantine", "replay", f"{id_[:-1]}x", "--json")

    assert (shown.exit_code, replayed.exit_code) == (1, 1)
    assert "not those of its key" in shown.stderr
    assert "not those of its key" in replayed.json[0]["why"]
    assert quarantine.arrived() == []


# --- replay -------------------------------------------------------------------------------------


def test_a_callback_that_is_valid_today_becomes_the_events_it_would_have_been(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID, reason=Reason.INTERNAL_ERROR)

    replayed = world.run("quarantine", "replay", id_, "--json")

    (event,) = quarantine.arrived()
    metadata = event["detail"]["metadata"]
    assert replayed.exit_code == 0
    assert replayed.json == [
        {
            "callback_id": id_,
            "platform": "konimbo",
            "store": "acme",
            "topic": "item_inventory_updated",
            "key": f"quarantine/konimbo/acme/2026-03-09/{id_}",
            "outcome": "replayed",
            "why": None,
            "event_ids": [f"{id_}.0"],
            "errors": [],
        }
    ]
    assert (event["detail-type"], event["source"]) == ("stock.changed", "commerce-hooks.konimbo")
    assert event["time"] == "2026-03-09T12:30:15Z"
    assert metadata["received_at"] == "2026-03-09T12:30:15.123Z"
    assert (metadata["callback_id"], metadata["event_id"]) == (id_, f"{id_}.0")
    assert metadata["deployment"] == "shop-hooks/test"
    assert event["detail"]["data"] == VALID


def test_a_body_repaired_by_hand_is_taken_in_place_of_the_kept_one(
    world: FakeWorld, quarantine: Quarantined, tmp_path: Path
) -> None:
    callback_id = quarantine.put(INVALID)
    repaired = tmp_path / "repaired.json"
    repaired.write_text(json.dumps(VALID))

    told = world.run("quarantine", "replay", callback_id, "--body", str(repaired), "--json").json

    (event,) = quarantine.arrived()
    assert [one["outcome"] for one in told] == ["replayed"]
    assert event["detail"]["metadata"]["event_id"] == f"{callback_id}.0"
    assert event["detail"]["data"] == VALID


@pytest.mark.parametrize(
    "arguments", [("aaaaaaaa", "bbbbbbbb"), ("--platform", "konimbo")], ids=["two", "a_filter"]
)
def test_a_repaired_body_is_for_one_callback(world: FakeWorld, arguments: tuple[str, ...]) -> None:
    result = world.run("quarantine", "replay", *arguments, "--body", "whatever.json")

    assert (result.exit_code, "--body is for one callback" in result.stderr) == (2, True)


def test_what_is_replayed_is_marked_done_and_refused_a_second_time(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    quarantine.s3.put_object_tagging(
        Bucket=BUCKET,
        Key=quarantine.key(id_),
        Tagging={"TagSet": [{"Key": "owner", "Value": "ops"}]},
    )

    first = world.run("quarantine", "replay", id_)
    tags = quarantine.tags(id_)
    second = world.run("quarantine", "replay", id_, "--json")
    by_filter = world.run("quarantine", "replay", "--store", "acme", "--json")

    assert (first.exit_code, second.exit_code, by_filter.exit_code) == (0, 1, 0)
    assert (tags["state"], tags["owner"]) == ("done", "ops")
    assert second.json[0]["outcome"] == "done_already"
    assert tags["replayed-at"] in second.json[0]["why"]
    assert f"{id_} was replayed already; --force publishes it all the same." in second.stderr
    assert "quarantine show" not in second.stderr
    assert by_filter.json == []
    assert len(quarantine.arrived()) == 1
    shown = world.run("quarantine", "show", id_).stdout
    assert "done, replayed at" in shown
    assert f"replay {id_} --force" in shown


def test_several_that_were_replayed_already_are_counted(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    done = [quarantine.put(VALID), quarantine.put(VALID)]
    world.run("quarantine", "replay", *done)

    again = world.run("quarantine", "replay", *done, quarantine.put(VALID))
    mixed = world.run("quarantine", "replay", *done, quarantine.put(INVALID))

    assert (
        "2 of 3 callbacks were replayed already; --force publishes them all the same."
        in again.stderr
    )
    assert "3 of 3 callbacks were not replayed as a whole" in mixed.stderr


def test_what_was_replayed_with_a_repaired_body_is_not_called_refused(
    world: FakeWorld, quarantine: Quarantined, tmp_path: Path
) -> None:
    id_, path = quarantine.put(INVALID), tmp_path / "repaired.json"
    path.write_text(json.dumps(VALID))
    world.run("quarantine", "replay", id_, "--body", str(path))

    shown = world.run("quarantine", "show", id_).stdout

    when = quarantine.tags(id_)["replayed-at"]
    assert f"It was replayed at {when}, possibly with a repaired body; below is the" in shown
    assert "seven" in shown.partition("It was replayed")[2]
    assert "refused" not in shown


@pytest.mark.parametrize("how", ["by id", "by filter"])
def test_force_replays_again_with_the_same_ids(
    world: FakeWorld, quarantine: Quarantined, how: str
) -> None:
    id_ = quarantine.put(VALID)
    which = [id_] if how == "by id" else ["--reason", "invalid"]

    world.run("quarantine", "replay", *which)
    forced = world.run("quarantine", "replay", *which, "--force")

    assert forced.exit_code == 0
    assert [e["detail"]["metadata"]["event_id"] for e in quarantine.arrived()] == [f"{id_}.0"] * 2


def test_what_is_still_invalid_stays_and_stops_no_other(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    bad, good = quarantine.put(INVALID), quarantine.put(VALID)
    broken = quarantine.put(b"{", reason=Reason.UNREADABLE)

    result = world.run("quarantine", "replay", bad, broken, good, "--json")
    shown = world.run("quarantine", "replay", bad, good)

    assert (result.exit_code, shown.exit_code) == (1, 1)
    assert [one["outcome"] for one in result.json] == ["refused", "refused", "replayed"]
    assert result.json[0]["errors"] == [{"loc": ["item", "id"], "type": "identifier"}]
    assert (result.json[0]["why"], result.json[1]["why"]) == ("invalid", "unreadable")
    assert "2 of 3 callbacks were not replayed as a whole" in result.stderr
    assert "invalid (item.id: identifier)" in shown.stdout
    assert quarantine.tags(bad) == {}
    assert len(quarantine.arrived()) == 1


def test_filters_replay_the_oldest_first(world: FakeWorld, quarantine: Quarantined) -> None:
    later = quarantine.put(VALID, received_at=RECEIVED_AT + timedelta(hours=1))
    earlier = quarantine.put(VALID)
    quarantine.put(VALID, "konimbo/other/item_inventory_updated")

    replayed = world.run("quarantine", "replay", "--store", "acme", "--json")

    assert ids(replayed) == [earlier, later]


def test_nothing_to_replay_is_no_failure(world: FakeWorld) -> None:
    result = world.run("quarantine", "replay", "--platform", "iset")

    assert result.exit_code == 0
    assert "Nothing in quarantine" in result.stdout


@pytest.mark.parametrize("arguments", [[], ["10000001", "--store", "acme"]])
def test_either_ids_or_filters_choose(world: FakeWorld, arguments: list[str]) -> None:
    result = world.run("quarantine", "replay", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--reason" in result.stderr


def test_an_id_given_twice_is_replayed_once(world: FakeWorld, quarantine: Quarantined) -> None:
    id_ = quarantine.put(VALID)

    assert ids(world.run("quarantine", "replay", id_, id_[:8], "--json")) == [id_]


def test_a_dry_run_publishes_and_marks_nothing(world: FakeWorld, quarantine: Quarantined) -> None:
    good, bad = quarantine.put(VALID), quarantine.put(INVALID)

    dry = world.run("quarantine", "replay", "--store", "acme", "--dry-run", "--json")

    assert dry.exit_code == 1
    assert {one["callback_id"]: one["outcome"] for one in dry.json} == {
        good: "replayable",
        bad: "refused",
    }
    assert (quarantine.arrived(), quarantine.tags(good)) == ([], {})


def test_the_good_parts_of_a_bulk_go_out_and_it_waits_for_the_others(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    orders = [{"id": n} if n != 3 else {"id": None} for n in range(1, 80)]
    id_ = quarantine.put({"orders": orders}, ORDERS)

    (told,) = world.run("quarantine", "replay", id_, "--json").json

    assert (told["outcome"], told["why"]) == ("partly", "invalid")
    assert told["errors"] == [{"loc": [2, "order", "id"], "type": "identifier"}]
    arrived = [event["detail"]["metadata"]["event_id"] for event in quarantine.arrived()]
    assert arrived == told["event_ids"] == [f"{id_}.{n}" for n in range(79) if n != 2]
    assert quarantine.tags(id_) == {}


def test_a_bulk_of_any_size_is_replayed(world: FakeWorld, quarantine: Quarantined) -> None:
    id_ = quarantine.put({"orders": [{"id": n} for n in range(120)]}, ORDERS)

    result = world.run("quarantine", "replay", id_)

    assert (result.exit_code, len(quarantine.arrived())) == (0, 120)
    assert quarantine.tags(id_)["state"] == "done"


def test_what_is_too_large_for_consumers_is_stored(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    world.deployment = quarantine.with_outputs(MaxInlineBytes="1000")
    body = {"item": {"id": 7, "title": "x" * 2_000}}
    id_ = quarantine.put(body)

    assert world.run("quarantine", "replay", id_).exit_code == 0

    (event,) = quarantine.arrived()
    stored = event["detail"]["metadata"]["payload"]["stored"]
    assert event["detail"]["data"] == {}
    kept = quarantine.s3.get_object(Bucket=stored["bucket"], Key=stored["key"])["Body"].read()
    assert json.loads(kept) == body


def test_replayed_events_are_masked_as_the_deployment_wants(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    world.deployment = quarantine.with_outputs(PersonalData="masked")
    body = {"customer": {"id": 5, "name": "Dana"}}

    world.run("quarantine", "replay", quarantine.put(body, "konimbo/acme/customer_created"))

    (event,) = quarantine.arrived()
    assert "Dana" not in json.dumps(event)


def test_a_topic_that_was_turned_off_meanwhile_is_not_replayed(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    name = "customer_logged_in"
    id_ = quarantine.put({"customer": {"id": 5}}, f"konimbo/acme/{name}")

    off = world.run("quarantine", "replay", id_, "--json")
    shown = world.run("quarantine", "show", id_)
    world.deployment = quarantine.with_outputs(PersonalTopics=f"x/y, konimbo/{name}")
    on = world.run("quarantine", "replay", id_, "--json")

    assert (off.json[0]["outcome"], on.json[0]["outcome"]) == ("failed", "replayed")
    assert "PersonalTopics" in off.json[0]["why"]
    assert "can't be replayed here" in shown.stdout
    assert len(quarantine.arrived()) == 1


def test_a_platform_that_the_checkout_lacks_is_said(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID, "shopper/acme/sold")

    replayed = world.run("quarantine", "replay", id_, "--json")
    shown = world.run("quarantine", "show", id_)

    assert replayed.json[0]["why"] == "this checkout has no platform shopper"
    assert (replayed.exit_code, shown.exit_code) == (1, 0)
    assert "no platform shopper" in shown.stdout


def test_an_unknown_topic_is_replayed_as_unrecognized(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put({"a": 1}, "konimbo/acme/brand_new", Reason.INTERNAL_ERROR)

    assert world.run("quarantine", "replay", id_).exit_code == 0
    assert quarantine.arrived()[0]["detail-type"] == "callback.unrecognized"


# --- replay, and AWS fails ----------------------------------------------------------------------


def test_a_bus_that_refuses_the_call_leaves_the_record_waiting(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    world.deployment = failing(quarantine, "events", put_events="AccessDeniedException")

    result = world.run("quarantine", "replay", id_, "--json")

    assert (result.exit_code, result.json[0]["outcome"]) == (1, "failed")
    assert result.json[0]["why"] == "bus: AccessDeniedException; nothing was sent"
    assert quarantine.tags(id_) == {}
    assert "Repeating won't help" in result.stderr
    assert "local fault off" in result.stderr
    assert "quarantine show" not in result.stderr


def test_a_bus_that_fails_is_waited_for_once(
    world: FakeWorld, quarantine: Quarantined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_failure, "_SECONDS", 0.0)
    ids_ = [quarantine.put(VALID) for _ in range(3)]
    world.deployment = failing(quarantine, "events", put_events="InternalException")

    result = world.run("quarantine", "replay", *ids_, "--json")

    assert (result.exit_code, ids(result)) == (1, ids_)
    assert [one["why"] for one in result.json] == [
        "bus: InternalException; it is not known whether anything was sent",
        *["not tried: the bus failed before"] * 2,
    ]
    assert "Repeat the command when the bus takes events again" in result.stderr
    assert "quarantine show" not in result.stderr


def test_an_event_that_the_bus_never_takes_leaves_the_record_waiting(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    world.deployment = failing(quarantine, "events", put_events="ValidationException")

    (told,) = world.run("quarantine", "replay", id_, "--json").json

    assert (told["outcome"], told["why"]) == ("refused", "refused_by_bus")
    assert told["errors"] == [{"loc": [f"{id_}.0"], "type": "ValidationException"}]
    assert quarantine.tags(id_) == {}


def test_events_that_went_out_without_the_mark_are_told(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    world.deployment = failing(quarantine, "s3", put_object_tagging="AccessDenied")

    (told,) = world.run("quarantine", "replay", id_, "--json").json

    assert (told["outcome"], told["event_ids"]) == ("failed", [f"{id_}.0"])
    assert "not marked done" in told["why"]


def test_a_body_that_cannot_be_fetched_stops_no_other(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    ids_ = [quarantine.put(VALID), quarantine.put(VALID)]
    world.deployment = failing(quarantine, "s3", get_object="AccessDenied")

    told = world.run("quarantine", "replay", *ids_, "--json").json

    assert [one["outcome"] for one in told] == ["failed", "failed"]
    assert "may not call" in told[0]["why"]


# --- replay on a deployed stack -----------------------------------------------------------------


@pytest.fixture
def real(world: FakeWorld, quarantine: Quarantined) -> FakeWorld:
    world.deployment = deployed(quarantine.deployment)
    return world


def test_before_replaying_on_a_deployed_stack_it_says_where_and_asks(
    real: FakeWorld, quarantine: Quarantined
) -> None:
    one, other = quarantine.put(VALID), quarantine.put(VALID)
    real.consent = True

    result = real.run("quarantine", "replay", one, other, "--stack", "shop-hooks")

    assert result.exit_code == 0
    assert "Account 111122223333, Region us-east-1, stack shop-hooks" in result.stderr
    assert real.questions == [
        "Consumers of the bus commerce-hooks will see the events of 2 callbacks. Replay?"
    ]


@pytest.mark.parametrize(("consent", "exit_code"), [(False, 1), (None, 2)])
def test_without_consent_nothing_is_replayed(
    real: FakeWorld, quarantine: Quarantined, *, consent: bool | None, exit_code: int
) -> None:
    id_ = quarantine.put(VALID)
    real.consent = consent

    assert real.run("quarantine", "replay", id_, "--stack", "s").exit_code == exit_code
    assert (quarantine.arrived(), quarantine.tags(id_)) == ([], {})
    assert real.run("quarantine", "replay", id_, "--stack", "s", "--yes").exit_code == 0


def test_a_dry_run_asks_nothing(real: FakeWorld, quarantine: Quarantined) -> None:
    id_ = quarantine.put(VALID)

    assert real.run("quarantine", "replay", id_, "--stack", "s", "--dry-run").exit_code == 0
    assert real.questions == []


def test_a_stack_of_an_older_template_is_said(real: FakeWorld, quarantine: Quarantined) -> None:
    real.deployment = replace(deployed(quarantine.deployment), outputs={})

    listed = real.run("quarantine", "list", "--stack", "s")
    replayed = real.run("quarantine", "replay", "--store", "acme", "--stack", "s")

    assert (listed.exit_code, replayed.exit_code) == (0, 1)
    assert "has no output PersonalData" in replayed.stderr
