"""What the demo shows of a subscription that heals itself."""

from commerce_hooks_cli.healing_outcome import HealingOutcome, Step
from support.command import FakeWorld


def test_each_step_is_shown_and_told_to_programs(world: FakeWorld) -> None:
    shown = world.run("local", "demo")
    told = world.run("local", "demo", "--json").json["subscription"]

    assert "A subscription that heals itself" in shown.stdout
    assert "konimbo/demo-shop" in shown.stdout
    assert told["steps"] == [
        {"what": "The store is added", "seen": "konimbo/demo-shop", "ok": True}
    ]


def test_a_step_that_fails_fails_the_demo(world: FakeWorld) -> None:
    world.healing = HealingOutcome([Step("It is called", "answered 500", good=False)])

    result = world.run("local", "demo")

    assert result.exit_code == 1
    assert "It is called: answered 500" in result.stderr
