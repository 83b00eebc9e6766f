"""Hostile requests, each with the outcome that is right for it.

They are written once and made for every platform; what only some platforms have (forms, a topic in
the body, numeric ids) is made for those. `tests/contract/test_probes.py` sends them to handlers in
memory, `make probe` over HTTP to the local stack.
"""

from collections.abc import Iterator

from commerce_hooks.platform import Platform
from support.probes.bodies import body_probes
from support.probes.cards import card_probes
from support.probes.encodings import encoding_probes
from support.probes.ids import numeric_id_probes
from support.probes.own import own_probes
from support.probes.probe import Probe
from support.probes.requests import request_probes
from support.probes.topics import topic_probes
from support.probes.urls import url_probes


def probes_of(platform: Platform) -> Iterator[Probe]:
    """All probes of a platform that calls us back."""
    yield from url_probes(platform)
    yield from request_probes()
    yield from topic_probes(platform)
    yield from encoding_probes()
    yield from body_probes()
    yield from numeric_id_probes(platform)
    yield from card_probes()
    yield from own_probes(platform)
