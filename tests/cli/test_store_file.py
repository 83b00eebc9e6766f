"""The file of `stores apply`, read: what it says, and what is wrong with how it says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.stores import StoreId
from commerce_hooks_cli.store_file import Entry, Reference, read_store_file

SECRET = "a-canary-of-a-secret-55ab"
WHOLE = """
defaults:
  label: Client one
  policy: off
  silence_hours: 12
stores:
  konimbo/acme:
    label: 007
    credentials: {from_env: ACME}
    topics: [order_created, ticket_created]
  centry/acme:
    policy: plan
    environment: test
    expected_topics: [on_order_save]
    credentials:
      from_file: acme.json
  cenit/acme: {backed_by: konimbo/acme, signed_only: true}
  iset/acme:
"""


def test_a_file_says_stores_with_its_defaults_and_where_credentials_are() -> None:
    found = read_store_file(WHOLE)

    assert found.problems == ()
    konimbo, centry, cenit, iset = found.entries
    assert konimbo == Entry(
        StoreId("konimbo", "acme"),
        8,
        {
            "label": "007",
            "policy": "off",
            "silence_hours": 12,
            "topics": ("order_created", "ticket_created"),
        },
        Reference("from_env", "ACME"),
        frozenset({"policy", "silence_hours"}),
    )
    assert centry.credentials == Reference("from_file", "acme.json")
    assert centry.settings["policy"] == "plan"
    assert (cenit.settings["backed_by"], cenit.settings["signed_only"]) == ("konimbo/acme", True)
    assert iset.settings == {"label": "Client one", "policy": "off", "silence_hours": 12}


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "has to be a mapping with `stores:`"),
        ("- a\n", 1, "has to be a mapping with `stores:`"),
        ("stores: 1\n", 1, "has to be a mapping from <platform>/<store>"),
        ("defaults: {}\n", 1, "has to be a mapping from <platform>/<store>"),
        ("stores: {}\nsores: {}\n", 2, "Did you mean stores?"),
        ("stores:\n  acme: {}\n", 2, "called <platform>/<store>"),
        ("stores:\n  konimbo/Acme: {}\n", 2, "called <platform>/<store>"),
        ("stores:\n  [a]: {}\n", 2, "a key has to be a word"),
        ("stores:\n  iset/a: 1\n", 2, "iset/a: settings have to be a mapping"),
        ("stores:\n  iset/a: {}\n  iset/a: {}\n", 3, "stands here for the second time"),
        ("stores:\n  iset/a:\n    label: a\n    label: b\n", 4, "for the second time"),
        ("stores:\n  iset/a:\n    labl: a\n", 3, "Did you mean label?"),
        ("stores:\n  iset/a:\n    x: a\n", 3, "There are: label, policy"),
        ("stores:\n  iset/a:\n    label:\n", 3, "label has to be a text"),
        ("stores:\n  iset/a:\n    label: [a]\n", 3, "label has to be a text"),
        ("stores:\n  iset/a:\n    topics: a\n", 3, "topics has to be a list"),
        ("stores:\n  iset/a:\n    silence_hours: 1.5\n", 3, "has to be a whole number"),
        ("stores:\n  iset/a:\n    silence_hours: [1]\n", 3, "has to be a whole number"),
        ("stores:\n  cenit/a:\n    signed_only: 1\n", 3, "has to be true or false"),
        ("stores:\n  centry/a:\n    credentials: {from_env:}\n", 3, "from_env has to be a text"),
        ("defaults:\n  credentials: {from_env: A}\nstores: {}\n", 2, "There are: label, policy"),
        ("stores:\n  a: b\n c: d\n", 3, "this is not YAML"),
        ("[" * 3000, 1, "this is not YAML"),
        ("stores: &a [*a]\n", 1, "has to be a mapping from"),
        ("stores:\n  iset/a: !!python/object:os.system {}\n", 2, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, told: str) -> None:
    problems = read_store_file(text).problems

    if told:
        assert [problem.line for problem in problems] == [line]
        assert told in str(problems[0])


@pytest.mark.parametrize(
    "written",
    [
        f"credentials: {SECRET}",
        f"credentials: {{token: {SECRET}}}",
        f"credentials: [{SECRET}]",
        f"credentials: {{from_env: A, token: {SECRET}}}",
        f"credentials: {{from_vault: {SECRET}}}",
        f"token: {SECRET}",
        f"label: {{token: {SECRET}}}",
        f"client_secret: {SECRET}",
        f"'{SECRET}': 1",
        f"label: a\n  {SECRET}: {{}}\n  {SECRET}: {{}}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_quoted(written: str) -> None:
    found = read_store_file(f"stores:\n  centry/acme:\n    {written}\n")

    assert found.problems
    assert SECRET not in "".join(map(str, found.problems)) + repr(found.problems)


def test_a_literal_secret_is_told_where_it_belongs() -> None:
    found = read_store_file(f"stores:\n  centry/acme:\n    credentials: {{token: {SECRET}}}\n")

    assert "`credentials: {from_env: NAME}`" in str(found.problems[0])


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = "stores:\n  iset/a: {labl: x}\n  iset/B: {}\n  iset/c: {silence_hours: x}\n"

    assert [problem.line for problem in read_store_file(text).problems] == [2, 3, 4]


@given(st.text() | st.text(alphabet="{}[]:-#&*!|>'\"\n abc/"))
def test_whatever_a_file_holds_it_is_read_or_said_to_be_wrong(text: str) -> None:
    found = read_store_file(text)

    assert found.entries or found.problems or "stores" in text
