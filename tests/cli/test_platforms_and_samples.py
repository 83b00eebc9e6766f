"""Finding platforms and samples by their folders."""

from pathlib import Path

import pytest

from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import discover_platforms
from commerce_hooks_cli.samples import find_sample, sample_variants
from support.command import CHECKOUT
from support.platforms import platforms


def test_platforms_are_found_by_folder() -> None:
    assert discover_platforms(CHECKOUT / "functions") == platforms()


def test_a_folder_without_platforms_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no platform in"):
        discover_platforms(tmp_path)


@pytest.fixture
def events(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    names = ("order.json", "order.form", "order.big.json", "order_paid.json", "stock.low.form")
    for name in names:
        (folder / name).write_text(name)
    return tmp_path


def test_a_topics_variants_are_its_files(events: Path) -> None:
    assert list(sample_variants(events, "shop", "order")) == ["big", ""]
    assert list(sample_variants(events, "shop", "order_paid")) == [""]


def test_the_plain_sample_is_taken_if_none_is_named(events: Path) -> None:
    assert find_sample(events, "shop", "order").body == b"order.json"


def test_a_topic_without_a_plain_sample_gives_its_first(events: Path) -> None:
    sample = find_sample(events, "shop", "stock")

    assert (sample.body, sample.content_type) == (
        b"stock.low.form",
        "application/x-www-form-urlencoded",
    )


def test_of_two_spellings_the_json_is_taken_unless_a_form_is_asked_for(events: Path) -> None:
    assert find_sample(events, "shop", "order").body == b"order.json"
    assert find_sample(events, "shop", "order", form=True).body == b"order.form"


def test_of_what_has_no_form_none_is_taken(events: Path) -> None:
    with pytest.raises(BadUsageError, match="in JSON only") as topic:
        find_sample(events, "shop", "order_paid", form=True)
    with pytest.raises(BadUsageError, match="no variant 'big'"):
        find_sample(events, "shop", "order", "big", form=True)
    assert topic.value.hint == "There are forms of: order, stock."


def test_a_platform_without_forms_says_so(events: Path) -> None:
    (events / "other").mkdir()
    with pytest.raises(CommandError, match="no form for other order"):
        find_sample(events, "other", "order", form=True)


def test_a_variant_is_taken_by_name(events: Path) -> None:
    assert find_sample(events, "shop", "order", "big").body == b"order.big.json"


def test_an_unknown_variant_is_bad_usage(events: Path) -> None:
    with pytest.raises(BadUsageError, match="no variant 'small'") as caught:
        find_sample(events, "shop", "order", "small")
    assert caught.value.hint == "Its variants: big."


def test_a_topic_without_samples_is_an_error_with_a_way_out(events: Path) -> None:
    with pytest.raises(CommandError, match="no sample for shop nothing") as caught:
        find_sample(events, "shop", "nothing")
    assert "--file PATH" in caught.value.hint
