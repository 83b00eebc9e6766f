"""Fake platforms: a Centry and a Konimbo that behave as documented, over HTTP on loopback.

They are the platforms' side, know nothing of whoever integrates them, and need nothing but
Python: docs/fake-platforms.md.
"""

from fake_platforms.behaviour import Behaviour, Kind
from fake_platforms.centry import FakeCentry
from fake_platforms.konimbo import ApiUser, FakeKonimbo, Shape
from fake_platforms.oauth import Application
from fake_platforms.posting import Poster
from fake_platforms.server import serving

__all__ = [
    "ApiUser",
    "Application",
    "Behaviour",
    "FakeCentry",
    "FakeKonimbo",
    "Kind",
    "Poster",
    "Shape",
    "serving",
]
