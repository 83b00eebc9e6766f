"""What docs/fake-platforms.md says can be done."""

import re
from operator import attrgetter
from pathlib import Path

import fake_platforms
from fake_platforms import FakeCentry, FakeKonimbo, Kind
from fake_platforms.admin import Admin

TEXT = (
    Path(fake_platforms.__file__).parents[2].joinpath("docs/fake-platforms.md").read_text("utf-8")
)


def test_its_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

    exec(compile(example, "fake-platforms.md", "exec"), {})  # noqa: S102 - our own text


def test_it_names_every_kind_of_what_goes_wrong_and_every_way_of_an_admin() -> None:
    ways = Admin(FakeCentry())._ways

    assert all(f"`{kind}`" in TEXT for kind in Kind)
    assert all(f"/_fake/{place}`" in TEXT for _, place in ways)


def test_the_settings_that_it_names_exist() -> None:
    (settings,) = re.findall(r"is a setting: (.*?)\n- ", TEXT, re.DOTALL)
    of_centry, of_konimbo = settings.split(" of Centry; ")

    for platform, named in ((FakeCentry(), of_centry), (FakeKonimbo(), of_konimbo)):
        names = re.findall(r"`([\w.]+)`", named)
        assert names
        for name in names:
            attrgetter(name)(platform)
