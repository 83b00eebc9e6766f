"""What a load consists of: the samples as requests that are genuine at a stack."""

from collections.abc import Iterator
from urllib.parse import urlencode

from cenit.services import PLATFORM as CENIT
from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.cenit_access import CenitAccess
from load.orders import Outgoing
from probe.callbacks import built
from support.cenit import CallSample, call_samples, path_of
from support.platforms import platforms
from support.probes.probe import STORE, Genuine
from support.samples import Sample, callbacks


def outgoing(ring: KeyRing) -> Iterator[Outgoing]:
    """All callbacks, and Cenit's calls, each with a token."""
    for sample in callbacks():
        yield _callback(sample, ring)
    headers = CenitAccess.of(ring, STORE, signed=False).headers
    for call in call_samples():
        yield _call(call, headers)


def _callback(sample: Sample, ring: KeyRing) -> Outgoing:
    genuine = Genuine(platforms()[sample.platform], ring.mint, sample.topic)
    return Outgoing(
        platform=sample.platform,
        sample=sample.path.name,
        method="POST",
        target=genuine.path(),
        headers={"Content-Type": sample.content_type},
        body=sample.body,
        outcome=sample.expected.outcome,
        events=sample.expected.events,
        ids=tuple(_ids(sample)),
    )


def _ids(sample: Sample) -> list[str]:
    """What its events are about, if all are about something, and each about something else."""
    if sample.expected.outcome != "accepted":
        return []
    resources = [detail["metadata"]["resource"] for detail in built(sample)]
    ids = [resource["id"] for resource in resources if resource]
    return ids if len(set(ids)) == len(resources) else []


def _call(call: CallSample, headers: dict[str, str]) -> Outgoing:
    query = f"?{urlencode(call.query)}" if call.query else ""
    return Outgoing(
        platform=CENIT.name,
        sample=call.name,
        method=call.method,
        target=path_of(call.service, call.id) + query,
        headers=headers,
        body=call.body,
    )
