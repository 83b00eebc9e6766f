"""Searches of log lines in the emulator: by the fields of their JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks_cli.local.bridge.log_patterns import matcher_of
from support.filter_pattern import matches

PATTERN = '{ ($.resource = "4711") || ($.ids[*] = "c1*") || ($.body = "*c1") }'
fields = st.dictionaries(
    st.sampled_from(["resource", "ids", "body", "other"]),
    st.sampled_from(["4711", "c1", "c1.0", "x/c1", ["c1"], ["x", "c1.0"], 4711, None]),
)


@given(fields)
def test_a_line_matches_if_one_of_the_conditions_holds(line: dict[str, object]) -> None:
    matcher = matcher_of(PATTERN)
    assert matcher is not None
    ids, body = line.get("ids"), line.get("body")

    wanted = (
        line.get("resource") == "4711"
        or (isinstance(ids, list) and any(str(one).startswith("c1") for one in ids))
        or (isinstance(body, str) and body.endswith("c1"))
    )

    assert matcher(json.dumps(line)) == wanted


@given(fields)
def test_of_plain_fields_it_is_as_our_metric_filters_are_tested(line: dict[str, object]) -> None:
    pattern = '{ $.resource = "4711" || $.body = "*c1" }'
    matcher = matcher_of(pattern)
    assert matcher is not None

    assert matcher(json.dumps(line)) == matches(pattern, json.dumps(line))


@pytest.mark.parametrize("line", ["START RequestId: 4711", "[]", '"4711"', ""])
def test_what_is_no_line_of_fields_does_not_match(line: str) -> None:
    matcher = matcher_of(PATTERN)
    assert matcher is not None

    assert not matcher(line)


@pytest.mark.parametrize("pattern", ["", "4711", "{ $.a = 1 }", '{ $.a != "x" }', '{ $.a = "x" '])
def test_a_pattern_of_another_kind_is_left_to_the_emulator(pattern: str) -> None:
    assert matcher_of(pattern) is None
