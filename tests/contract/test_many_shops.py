"""The page on many shops: its templates have no fault, and a client sees its own shops only."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint import api as cfn_lint
from ministack.services import eventbridge
from samtranslator.yaml_helper import yaml_parse

from commerce_hooks.platform import SYNTHETIC, SYSTEM_SOURCE
from commerce_hooks_cli.store_file import read_store_file
from shapes.notices import SHAPE_CHANGED
from support.platforms import platforms
from support.shapes import bus_event
from upkeep.heartbeat import HEARTBEAT

PAGE = (Path(__file__).parents[2] / "docs/many-shops.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
TEMPLATES = [block for block in BLOCKS if block.startswith("AWSTemplateFormatVersion")]


def is_forwarded(event: dict[str, Any]) -> bool:
    rule = yaml_parse(TEMPLATES[0])["Resources"]["ForwardRule"]["Properties"]
    around = {"id": "1", "account": "1", "time": "", "region": "r", "resources": []}
    asked = {
        "EventPattern": json.dumps(rule["EventPattern"]),
        "Event": json.dumps({**around, **event}),
    }
    _, _, body = eventbridge._test_event_pattern(asked)
    return bool(json.loads(body)["Result"])


def test_the_file_of_stores_is_one_that_can_be_applied() -> None:
    (file,) = (block for block in BLOCKS if block.startswith("defaults:"))
    found = read_store_file(file)

    assert found.problems == ()
    assert [str(entry.store) for entry in found.entries] == [
        "konimbo/acme",
        "centry/acme-cl",
        "iset/loja-norte",
    ]
    for entry in found.entries:
        assert {*entry.settings.get("expected_topics", ())} <= {
            *platforms()[entry.store.platform].topics
        }


@pytest.mark.parametrize("template", TEMPLATES, ids=["ours", "the client's"])
def test_the_templates_have_no_fault_that_cfn_lint_knows(template: str) -> None:
    assert cfn_lint.lint(template) == []


@pytest.mark.parametrize(
    ("platform", "store", "forwarded"),
    [
        ("konimbo", "acme", True),
        ("centry", "acme-cl", True),
        ("konimbo", "acme-cl", False),
        ("centry", "acme", False),
        ("iset", "loja-norte", False),
    ],
)
def test_a_client_sees_its_own_shops_and_no_other(
    platform: str, store: str, *, forwarded: bool
) -> None:
    event = bus_event({"id": 1}, platform=platform, store=store, detail_type="order.saved")

    assert is_forwarded(event) == forwarded


@pytest.mark.parametrize("detail_type", [SYNTHETIC, SHAPE_CHANGED, "callback.quarantined"])
def test_what_is_about_the_deployment_stays_there(detail_type: str) -> None:
    event = bus_event({"id": 1}, platform="konimbo", store="acme", detail_type=detail_type)

    assert not is_forwarded(event)


def test_heartbeats_stay_there_too() -> None:
    event = bus_event({}, platform="system", store="system", detail_type=HEARTBEAT)

    assert not is_forwarded({**event, "source": SYSTEM_SOURCE})
