"""`commerce-hooks quarantine discard`, and what the other verbs then say; when records expire."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce_hooks.errors import Reason
from commerce_hooks_cli.deployment import Deployment
from support.account import BUCKET
from support.command import REAL, FakeWorld
from support.quarantine import RECEIVED_AT, Quarantined

VALID = {"item": {"id": 7, "store_id": 1, "code": "A-1"}}
INVALID = {"item": {"id": "seven", "store_id": 1}}
ORDERS = "konimbo/acme/order_created_bulk"


@pytest.fixture
def world(tmp_path: Path, quarantine: Quarantined) -> FakeWorld:
    return FakeWorld(tmp_path, quarantine.deployment)


def outcomes(result: Any) -> dict[str, str]:
    return {one["callback_id"]: one["outcome"] for one in result.json}


class Around:
    """S3, but for what a test has of its own."""

    def __init__(self, client: Any, **own: Any) -> None:
        self._client = client
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def with_s3(quarantine: Quarantined, **own: Any) -> Deployment:
    def clients(name: str) -> Any:
        return Around(known(name), **own) if name == "s3" else known(name)

    known = quarantine.deployment.clients
    return replace(quarantine.deployment, clients=clients)


# --- discard ------------------------------------------------------------------------------------


def test_what_is_discarded_is_done_and_nothing_is_published(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    given_up, other = quarantine.put(VALID), quarantine.put(VALID)

    result = world.run("quarantine", "discard", given_up, "--json")

    assert (result.exit_code, outcomes(result)) == (0, {given_up: "discarded"})
    tags = quarantine.tags(given_up)
    assert tags.keys() == {"state", "discarded-at"}
    assert tags["state"] == "done"
    assert (quarantine.tags(other), quarantine.arrived()) == ({}, [])


def test_what_was_discarded_is_told_in_a_table(world: FakeWorld, quarantine: Quarantined) -> None:
    id_ = quarantine.put(VALID)

    row = world.run("quarantine", "discard", id_[:8]).stdout.splitlines()[1]

    assert row.split() == [id_, "konimbo", "acme", "item_inventory_updated", "discarded"]


def test_filters_choose_of_what_waits(world: FakeWorld, quarantine: Quarantined) -> None:
    old = quarantine.put(b"{", reason=Reason.UNREADABLE)
    new = quarantine.put(
        b"{", reason=Reason.UNREADABLE, received_at=RECEIVED_AT + timedelta(days=9)
    )
    invalid, replayed = quarantine.put(INVALID), quarantine.put(VALID)
    world.run("quarantine", "replay", replayed)

    only_old = world.run(
        "quarantine", "discard", "--reason", "unreadable", "--until", "2026-03-10", "--json"
    )
    rest = world.run("quarantine", "discard", "--store", "acme", "--json")

    assert outcomes(only_old) == {old: "discarded"}
    assert outcomes(rest) == {new: "discarded", invalid: "discarded"}


def test_nothing_to_discard_is_no_failure(world: FakeWorld) -> None:
    result = world.run("quarantine", "discard", "--platform", "iset")

    assert (result.exit_code, result.stdout) == (0, "Nothing that waits is like that.\n")


@pytest.mark.parametrize("arguments", [[], ["10000001", "--store", "acme"]])
def test_either_ids_or_filters_choose(world: FakeWorld, arguments: list[str]) -> None:
    result = world.run("quarantine", "discard", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Which callbacks?" in result.stderr


def test_what_is_done_stays_as_it_is(world: FakeWorld, quarantine: Quarantined) -> None:
    replayed, discarded = quarantine.put(VALID), quarantine.put(VALID)
    world.run("quarantine", "replay", replayed)
    world.run("quarantine", "discard", discarded)
    before = [quarantine.tags(id_) for id_ in (replayed, discarded)]

    again = world.run("quarantine", "discard", replayed, discarded, "--json")

    assert again.exit_code == 0
    assert [one["why"].partition(" at ")[0] for one in again.json] == ["replayed", "discarded"]
    assert [quarantine.tags(id_) for id_ in (replayed, discarded)] == before


def test_tags_of_others_stay(world: FakeWorld, quarantine: Quarantined) -> None:
    id_ = quarantine.put(VALID)
    quarantine.s3.put_object_tagging(
        Bucket=BUCKET,
        Key=quarantine.key(id_),
        Tagging={"TagSet": [{"Key": "team", "Value": "shop"}, {"Key": "state", "Value": "new"}]},
    )

    world.run("quarantine", "discard", id_)

    assert quarantine.tags(id_).keys() == {"team", "state", "discarded-at"}
    assert quarantine.tags(id_)["state"] == "done"


def test_one_that_fails_stops_no_other(world: FakeWorld, quarantine: Quarantined) -> None:
    def refuse_the_first(**about: Any) -> Any:
        if about["Key"].endswith(first):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "put_object_tagging")
        return quarantine.s3.put_object_tagging(**about)

    first, second = quarantine.put(VALID), quarantine.put(VALID)
    world.deployment = with_s3(quarantine, put_object_tagging=refuse_the_first)

    result = world.run("quarantine", "discard", first, second, "--json")

    assert result.exit_code == 1
    assert outcomes(result) == {first: "failed", second: "discarded"}
    assert "may not call put_object_tagging" in result.json[0]["why"]
    assert "1 of 2 callbacks were not discarded." in result.stderr


# --- on a deployed stack ------------------------------------------------------------------------


@pytest.fixture
def real(world: FakeWorld, quarantine: Quarantined) -> FakeWorld:
    world.deployment = replace(quarantine.deployment, local=False, name=REAL.name)
    return world


@pytest.mark.parametrize(("count", "whose"), [(1, "Its events"), (2, "The events of 2 callbacks")])
def test_before_discarding_on_a_deployed_stack_it_asks(
    real: FakeWorld, quarantine: Quarantined, count: int, whose: str
) -> None:
    ids = [quarantine.put(VALID) for _ in range(count)]
    real.consent = True

    assert real.run("quarantine", "discard", *ids, "--stack", "shop-hooks").exit_code == 0
    assert real.questions == [f"{whose} will not be published, and what was kept expires. Discard?"]


@pytest.mark.parametrize(("consent", "exit_code"), [(False, 1), (None, 2)])
def test_without_consent_nothing_is_discarded(
    real: FakeWorld, quarantine: Quarantined, *, consent: bool | None, exit_code: int
) -> None:
    id_ = quarantine.put(VALID)
    real.consent = consent

    assert real.run("quarantine", "discard", id_, "--stack", "s").exit_code == exit_code
    assert quarantine.tags(id_) == {}
    assert real.run("quarantine", "discard", id_, "--stack", "s", "--yes").exit_code == 0


# --- what the other verbs say of it -------------------------------------------------------------


def test_the_list_tells_what_was_discarded_from_what_was_replayed(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    waiting, replayed = quarantine.put(VALID), quarantine.put(VALID)
    discarded, tagged = quarantine.put(VALID), quarantine.put(VALID)
    world.run("quarantine", "replay", replayed)
    world.run("quarantine", "discard", discarded)
    quarantine.s3.put_object_tagging(
        Bucket=BUCKET,
        Key=quarantine.key(tagged),
        Tagging={"TagSet": [{"Key": "state", "Value": "done"}]},
    )

    shown = world.run("quarantine", "list", "--all").stdout.splitlines()[1:]
    as_json = world.run("quarantine", "list", "--all", "--json").json

    assert {row.split()[-2]: row.split()[-1] for row in shown} == {
        waiting: "waiting",
        replayed: "replayed",
        discarded: "discarded",
        tagged: "done",
    }
    told = {one["callback_id"]: one for one in as_json}
    assert told[discarded]["state"] == "done"
    assert told[discarded]["discarded_at"] == quarantine.tags(discarded)["discarded-at"]
    assert told[discarded]["replayed_at"] is None
    assert told[waiting]["discarded_at"] is told[replayed]["discarded_at"] is None
    waits = world.run("quarantine", "list", "--json").json
    assert [one["callback_id"] for one in waits] == [waiting]


def test_show_says_when_it_was_discarded_and_still_what_is_wrong(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(INVALID)
    world.run("quarantine", "discard", id_)

    shown = world.run("quarantine", "show", id_).stdout

    when = quarantine.tags(id_)["discarded-at"]
    assert f"state       done, discarded at {when}\n" in shown
    assert f"It was discarded at {when}, and nothing was published.\n" in shown
    assert "Today it would be refused too: invalid." in shown


def test_show_says_of_what_somebody_tagged_no_more_than_that(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    quarantine.s3.put_object_tagging(
        Bucket=BUCKET,
        Key=quarantine.key(id_),
        Tagging={"TagSet": [{"Key": "state", "Value": "done"}]},
    )

    assert "Somebody has tagged it as done." in world.run("quarantine", "show", id_).stdout


def test_what_was_discarded_is_replayed_only_by_force_and_is_then_replayed(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    id_ = quarantine.put(VALID)
    world.run("quarantine", "discard", id_)

    refused = world.run("quarantine", "replay", id_)
    by_filter = world.run("quarantine", "replay", "--store", "acme", "--json")
    assert quarantine.arrived() == []
    forced = world.run("quarantine", "replay", id_, "--force", "--json")

    assert (refused.exit_code, by_filter.json) == (1, [])
    assert f"{id_} was discarded already; --force publishes it all the same." in refused.stderr
    assert outcomes(forced) == {id_: "replayed"}
    assert len(quarantine.arrived()) == 1
    (listed,) = world.run("quarantine", "list", "--all").stdout.splitlines()[1:]
    assert listed.endswith("replayed")


def test_how_several_were_dealt_with_is_told(world: FakeWorld, quarantine: Quarantined) -> None:
    ids = [quarantine.put(VALID), quarantine.put(VALID)]
    world.run("quarantine", "discard", ids[0])
    world.run("quarantine", "replay", ids[1])

    again = world.run("quarantine", "replay", *ids)

    assert (
        "2 of 2 callbacks were replayed or discarded already; --force publishes them all the same."
        in again.stderr
    )


# --- when records expire ------------------------------------------------------------------------

EXPIRY = 'expiry-date="Fri, 20 Mar 2026 00:00:00 GMT", rule-id="quarantine-sensitive"'


def with_expiry(quarantine: Quarantined, **by_id: str) -> Deployment:
    """As S3 tells it beside an object, which moto doesn't."""

    def head_object(**about: Any) -> dict[str, Any]:
        told = by_id.get(f"id_{about['Key'].rpartition('/')[2][:8]}")
        return {
            **quarantine.s3.head_object(**about),
            **({"Expiration": told} if told else {}),
        }

    return with_s3(quarantine, head_object=head_object)


def test_the_day_on_which_records_expire_is_listed(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    stays, goes = quarantine.put(INVALID), quarantine.put({"orders": [{}]}, ORDERS)
    world.deployment = with_expiry(quarantine, **{f"id_{goes[:8]}": EXPIRY})

    header, *rows = world.run("quarantine", "list").stdout.splitlines()
    as_json = world.run("quarantine", "list", "--json").json

    assert header.split()[-2:] == ["state", "expires"]
    assert {row.split()[-3]: row.split()[-1] for row in rows} == {stays: "-", goes: "2026-03-20"}
    assert {one["callback_id"]: one["expires_at"] for one in as_json} == {
        stays: None,
        goes: "2026-03-20T00:00:00.000Z",
    }


def test_where_nothing_expires_there_is_no_such_column(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    quarantine.put(INVALID)

    assert "expires" not in world.run("quarantine", "list").stdout


def test_show_says_when_a_record_expires(world: FakeWorld, quarantine: Quarantined) -> None:
    stays, goes = quarantine.put(INVALID), quarantine.put(INVALID)
    world.deployment = with_expiry(quarantine, **{f"id_{goes[:8]}": EXPIRY})

    shown = {id_: world.run("quarantine", "show", id_).stdout for id_ in (stays, goes)}

    assert "expires     2026-03-20 00:00:00 UTC\n" in shown[goes]
    assert "expires" not in shown[stays]


@pytest.mark.parametrize("told", ["NotImplemented", 'expiry-date="some day", rule-id="x"'])
def test_what_is_no_date_is_none(world: FakeWorld, quarantine: Quarantined, told: str) -> None:
    id_ = quarantine.put(INVALID)
    world.deployment = with_expiry(quarantine, **{f"id_{id_[:8]}": told})

    (listed,) = world.run("quarantine", "list", "--json").json

    assert listed["expires_at"] is None
