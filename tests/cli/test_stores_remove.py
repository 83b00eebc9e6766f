"""`commerce-hooks stores remove`: what goes, what stays, and what happens if it fails half-way."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import NoResponseError, NotOfferedError, PlatformBrokenError
from commerce_hooks.state.leases import Leases
from commerce_hooks.stores import StoreId
from support.store_world import ACME, CREDENTIALS, StoreWorld
from support.stores import surroundings

ACME2 = StoreId("konimbo", "acme2")
STRANGER = "https://stranger.example/hooks/a-strangers-secret"


def with_rows(shops: StoreWorld, *ids: tuple[str, str]) -> None:
    for kind, id_ in ids:
        shops.table.write(shops.table.read(kind, id_), {"something": "kept"})


def rows_of(shops: StoreWorld) -> set[tuple[str, str]]:
    return {
        (row.kind, row.id)
        for kind in ("ledger", "rounds", "tokens")
        for row in shops.table.rows(kind)
    }


def test_a_store_goes_with_all_that_is_kept_of_it_and_no_other_does(shops: StoreWorld) -> None:
    shops.add()
    shops.add(store=ACME2)
    with_rows(
        shops,
        ("tokens", "konimbo/acme"),
        ("ledger", "konimbo/acme#order_created"),
        ("rounds", "konimbo/acme"),
        ("rounds", "konimbo/acme2"),
        ("tokens", "konimbo/acme2"),
        ("ledger", "konimbo/acme2#order_created"),
    )
    url, other = shops.url_of(), shops.url_of(ACME2)

    result = shops.run("stores", "remove", *ACME, "--yes", "--json")

    assert (result.exit_code, result.json["urls_disabled"]) == (0, True)
    assert (list(shops.book.all()), list(shops.book.all_credentials())) == ([ACME2], [ACME2])
    assert rows_of(shops) == {
        ("rounds", "konimbo/acme2"),
        ("tokens", "konimbo/acme2"),
        ("ledger", "konimbo/acme2#order_created"),
    }
    assert (shops.proves(url), shops.proves(other, ACME2)) == (False, True)


def test_only_subscriptions_of_ours_for_this_store_are_deleted(shops: StoreWorld) -> None:
    shops.add()
    shops.add(store=ACME2)
    old = shops.url_of()
    shops.set_entry("konimbo/acme", generation=2)
    ours, path = shops.url_of(), shops.url_of().removeprefix("http://127.0.0.1:4321")
    shops.konimbo.listed = [
        shops.subscription("1", ours),
        shops.subscription("2", old),
        shops.subscription("3", f" {ours}"),
        shops.subscription("4", shops.url_of(ACME2)),
        shops.subscription("5", STRANGER),
        shops.subscription("6", f"https://stranger.example{path}"),
        shops.subscription("7", f"{ours}x"),
        shops.subscription("8", ours.replace("order_created", "ticket_created")),
        shops.subscription("9", "http://127.0.0.1:4321/konimbo/acme"),
        shops.subscription("10", "http://[bad"),
    ]

    result = shops.run("stores", "remove", *ACME, "--yes", "--json")

    assert shops.konimbo.deleted == result.json["deleted_subscriptions"] == ["1", "2", "3"]


def test_subscriptions_with_a_former_base_url_are_ours_too(shops: StoreWorld) -> None:
    shops.add()
    path = shops.url_of().removeprefix("http://127.0.0.1:4321")
    deployed = shops.deployed
    former = "https://old.example,https://older.example/hooks"
    outputs = {**deployed.outputs, "FormerBaseUrls": former}
    shops.deployment = type(deployed)(**{**vars(deployed), "outputs": outputs})
    shops.konimbo.listed = [
        shops.subscription("1", f"https://old.example{path}"),
        shops.subscription("2", f"https://older.example/hooks{path}"),
        shops.subscription("3", f"https://older.example{path}"),
    ]

    shops.run("stores", "remove", *ACME, "--yes")

    assert shops.konimbo.deleted == ["1", "2"]


@pytest.mark.parametrize(("answers", "deleted"), [([True, True], ["1"]), ([False, True], [])])
def test_a_person_is_asked_about_subscriptions_and_about_the_store(
    shops: StoreWorld,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[bool],
    deleted: list[str],
) -> None:
    shops.add()
    shops.konimbo.listed = [shops.subscription("1", shops.url_of())]
    shops.consent = True
    left = list(answers)

    def ask(question: str) -> bool:
        shops.questions.append(question)
        return left.pop(0)

    monkeypatch.setattr(shops, "_ask", ask)

    result = shops.run("stores", "remove", *ACME)

    assert shops.questions == [
        "Delete our 1 subscriptions at the platform?",
        "Remove the store konimbo/acme?",
    ]
    assert (result.exit_code, shops.konimbo.deleted) == (0, deleted)
    assert (
        "Ask the platform's support to delete its webhooks with these ids: 1." in result.stdout
    ) == (not deleted)


def test_without_consent_nothing_is_done(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.listed = [shops.subscription("1", shops.url_of())]

    unasked = shops.run("stores", "remove", *ACME)
    shops.consent = False
    refused = shops.run("stores", "remove", *ACME)

    assert (unasked.exit_code, refused.exit_code) == (2, 1)
    assert (shops.konimbo.deleted, list(shops.book.all())) == ([], [ACME])
    assert shops.proves(shops.url_of())


def test_it_says_what_it_will_do_without_a_url(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.listed = [shops.subscription("1", shops.url_of())]
    shops.consent = False

    shown = shops.run("stores", "remove", *ACME).stdout

    assert shown.splitlines() == [
        "Removing konimbo/acme:",
        "  1 subscriptions of ours at the platform",
        "  its callback URLs are refused from then on",
        "  settings, credentials are deleted",
    ]


def test_where_the_platform_cannot_delete_its_support_is_to_be_asked(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.listed = [shops.subscription("77", shops.url_of())]
    shops.konimbo.refuses_to_delete = NotOfferedError("no way")

    result = shops.run("stores", "remove", *ACME, "--yes")

    assert (result.exit_code, list(shops.book.all())) == (0, [])
    assert "Ask the platform's support to delete its webhooks with these ids: 77." in result.stdout


def _does_not_answer(shops: StoreWorld) -> None:
    shops.konimbo.fails = NoResponseError("Timeout")


def _has_other_credentials(shops: StoreWorld) -> None:
    shops.book.write(ACME, None, {"nonsense": "x"})


@pytest.mark.parametrize("breaks", [_does_not_answer, _has_other_credentials])
def test_while_subscriptions_cannot_be_told_a_store_goes_only_if_they_are_to_stay(
    shops: StoreWorld, breaks: Callable[[StoreWorld], None]
) -> None:
    shops.add()
    breaks(shops)

    stopped = shops.run("stores", "remove", *ACME, "--yes")
    assert (stopped.exit_code, list(shops.book.all())) == (1, [ACME])
    assert "its subscriptions cannot be told: " in stopped.stdout
    assert "stores remove konimbo acme --keep-subscriptions" in stopped.stderr
    assert shops.parameter("credentials") is not None
    assert shops.proves(shops.url_of())
    shops.consent = True
    assert (shops.run("stores", "remove", *ACME).exit_code, shops.questions) == (1, [])

    result = shops.run("stores", "remove", *ACME, "--yes", "--keep-subscriptions")
    assert (result.exit_code, shops.parameter("credentials")) == (0, None)
    assert "Look at the platform whether it has webhooks of ours" in result.stdout


def when_asked(shops: StoreWorld, happens: Callable[[], None]) -> None:
    """The person agrees to everything, and something happens before they do."""

    def ask(question: str) -> bool:  # noqa: ARG001
        happens()
        return True

    shops.consent = True
    shops._ask = ask  # type: ignore[method-assign]


def test_what_is_deleted_is_what_is_there_after_the_question(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.listed = [
        shops.subscription("1", shops.url_of()),
        shops.subscription("2", shops.url_of()),
    ]
    since = [shops.subscription("2", STRANGER), shops.subscription("3", shops.url_of())]
    when_asked(shops, lambda: setattr(shops.konimbo, "listed", list(since)))

    result = shops.run("stores", "remove", *ACME)

    assert (result.exit_code, shops.konimbo.deleted) == (0, ["3"])


def test_a_platform_that_ceased_to_answer_since_the_question_stops_it(shops: StoreWorld) -> None:
    shops.add()
    when_asked(shops, lambda: _does_not_answer(shops))

    result = shops.run("stores", "remove", *ACME)

    assert (result.exit_code, list(shops.book.all())) == (1, [ACME])
    assert shops.proves(shops.url_of())


def test_who_lost_the_lease_forgets_nothing(
    shops: StoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops.add()
    around = surroundings(shops.table)
    put = shops.secrets.put_secret_value

    def late(**what: str) -> dict[str, str]:
        Leases(shops.table, lambda: around.now() + timedelta(hours=1)).acquire(ACME, "other", 60)
        return put(**what)

    monkeypatch.setattr(shops.secrets, "put_secret_value", late)

    result = shops.run("stores", "remove", *ACME, "--yes")

    assert (result.exit_code, list(shops.book.all())) == (1, [ACME])
    assert "konimbo/acme: the lease of the store was taken by another run" in result.stderr


def test_with_keep_urls_they_go_on_working(shops: StoreWorld) -> None:
    shops.add()

    result = shops.run("stores", "remove", *ACME, "--yes", "--keep-urls", "--json")

    assert (result.json["urls_disabled"], list(shops.book.all())) == (False, [])
    assert shops.proves(shops.url_of())


def test_with_keep_subscriptions_they_stay_and_are_told(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.listed = [shops.subscription("1", shops.url_of())]

    result = shops.run("stores", "remove", *ACME, "--yes", "--keep-subscriptions", "--json")

    assert (shops.konimbo.deleted, result.json["left_subscriptions"]) == ([], ["1"])


def test_a_store_of_a_platform_without_an_api_goes_as_well(shops: StoreWorld) -> None:
    for platform in ("iset", "cenit"):
        shops.run("stores", "add", platform, "acme", "--no-wait")
        result = shops.run("stores", "remove", platform, "acme", "--yes")
        assert result.exit_code == 0
    assert shops.book.all() == {}


def _ring(shops: StoreWorld) -> None:
    shops.secrets.put_secret_value = _broken  # type: ignore[method-assign]


def _table(shops: StoreWorld) -> None:
    def fails(what: str) -> None:
        if what == "remove":
            raise UnavailableError("table", "Timeout")

    shops.table.before_call = fails


def _deleting(shops: StoreWorld) -> None:
    shops.konimbo.refuses_to_delete = PlatformBrokenError(500)


def _broken(**_: object) -> dict[str, str]:
    raise UnavailableError("key_ring", "Timeout")


@pytest.mark.parametrize("breaks", [_ring, _table, _deleting])
def test_what_failed_half_way_is_finished_when_it_is_repeated(
    shops: StoreWorld, breaks: Callable[[StoreWorld], None]
) -> None:
    shops.add()
    with_rows(shops, ("tokens", "konimbo/acme"))
    shops.konimbo.listed = [shops.subscription("1", shops.url_of())]
    url = shops.url_of()
    whole = shops.secrets.put_secret_value
    breaks(shops)

    failed = shops.run("stores", "remove", *ACME, "--yes")
    assert (failed.exit_code, list(shops.book.all())) == (1, [ACME])

    shops.secrets.put_secret_value = whole  # type: ignore[method-assign]
    shops.table.before_call = lambda _: None
    shops.konimbo.refuses_to_delete = None
    assert shops.run("stores", "remove", *ACME, "--yes").exit_code == 0

    assert (shops.book.all(), shops.book.all_credentials(), rows_of(shops)) == ({}, {}, set())
    assert (shops.proves(url), shops.konimbo.deleted) == (False, ["1"])


def test_credentials_that_were_left_behind_are_removed_by_repeating_it(shops: StoreWorld) -> None:
    shops.book.write(ACME, None, CREDENTIALS)

    assert shops.run("stores", "remove", *ACME, "--yes").exit_code == 0
    assert shops.parameter("credentials") is None


def test_a_store_that_was_removed_already_is_no_failure(shops: StoreWorld) -> None:
    shops.add()
    shops.run("stores", "remove", *ACME, "--yes")
    writes = len(shops.secrets.texts)

    again = shops.run("stores", "remove", *ACME, "--yes")

    assert (again.exit_code, len(shops.secrets.texts)) == (0, writes)
    assert "removed already" in again.stdout


def test_a_store_that_never_was_is_an_error_with_a_suggestion(shops: StoreWorld) -> None:
    shops.add()

    result = shops.run("stores", "remove", "konimbo", "acne", "--yes")

    assert (result.exit_code, len(shops.secrets.texts)) == (1, 1)
    assert "Did you mean konimbo/acme?" in result.stderr


def test_rows_that_somebody_keeps_writing_are_an_error(shops: StoreWorld) -> None:
    shops.add()
    with_rows(shops, ("tokens", "konimbo/acme"))

    def writes(what: str) -> None:
        if what == "remove":
            shops.table.before_call = lambda _: None
            with_rows(shops, ("tokens", "konimbo/acme"))
            shops.table.before_call = writes

    shops.table.before_call = writes

    result = shops.run("stores", "remove", *ACME, "--yes")

    assert (result.exit_code, list(shops.book.all())) == (1, [ACME])
    assert "Somebody else writes about konimbo/acme" in result.stderr


def test_a_store_added_again_has_urls_of_a_new_generation(shops: StoreWorld) -> None:
    shops.add()
    old = shops.url_of()
    shops.run("stores", "remove", *ACME, "--yes")

    shops.add("--new-urls")

    assert (shops.proves(old), shops.proves(shops.url_of())) == (False, True)
    assert "/k1.2." in shops.url_of()


def test_while_somebody_else_works_on_a_store_it_is_not_removed(shops: StoreWorld) -> None:
    shops.add()
    around = surroundings(shops.table)
    lease = Leases(shops.table, around.now).acquire(ACME, "a schedule", 60)

    held = shops.run("stores", "remove", *ACME, "--yes")
    assert (held.exit_code, list(shops.book.all())) == (1, [ACME])
    assert "konimbo/acme is being worked on by a schedule" in held.stderr

    with lease:
        pass
    assert shops.run("stores", "remove", *ACME, "--yes").exit_code == 0
    Leases(shops.table, around.now).acquire(ACME, "a schedule", 60)  # it was given back
