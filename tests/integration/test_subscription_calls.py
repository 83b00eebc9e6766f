"""Calls that show, create and update subscriptions, while platforms and networks misbehave.

For every platform with an API: nothing is made twice, nothing goes to another host, and no token,
client secret or URL is told, whatever goes wrong.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centry.access import ACCESS as CENTRY
from centry.oauth import CentryCredentials, binding_of
from commerce_hooks.http import errors
from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport
from commerce_hooks.http.wire import Wire
from commerce_hooks.platform_access import Desired, PlatformAccess, StoreAccess
from commerce_hooks.state.tokens import StoreTokens, Tokens
from commerce_hooks.stores import StoreId
from konimbo.access import ACCESS as KONIMBO
from support.fake_oauth import CLIENT_ID, CLIENT_SECRET
from support.loopback import Answered, Asked, api_server, drip, hang, pour, raw_server
from support.surroundings import FakeTransport, surroundings

LIMIT = 0.3
Call = Callable[[StoreAccess], object]


@dataclass
class Impatient:
    """The network, with little time for each exchange. It remembers what was asked."""

    asked: list[ApiRequest] = field(default_factory=list)

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        self.asked.append(request)
        return Wire(http_on_loopback=True).exchange(request, min(seconds, LIMIT))


class NoTokens:
    """An endpoint that has none: those that are held have to do."""

    def renew(self, refresh_token: str | None, seconds: float) -> Tokens:  # noqa: ARG002
        raise errors.CredentialsRefusedError


@dataclass(frozen=True)
class Shop:
    """A platform's store. Whatever of it is secret has a canary."""

    platform: PlatformAccess
    credentials: dict[str, str]
    id: str
    desired: Desired

    def access(self, url: str, transport: Transport) -> StoreAccess:
        around = surroundings(transport)
        credentials = self.platform.credentials.model_validate(self.credentials)
        store = StoreId(self.platform.name, "acme")
        if isinstance(credentials, CentryCredentials):
            held = StoreTokens(store, binding_of(url, credentials), NoTokens(), around)
            held.keep(Tokens("access-canary", 7200))
        return self.platform.open(store, url, credentials, around)

    def call(self, name: str) -> Call:
        calls: dict[str, Call] = {
            "show": lambda access: access.subscription(self.id),
            "create": lambda access: access.create_subscription(self.desired),
            "update": lambda access: access.update_subscription(self.id, self.desired),
            "account": lambda access: access.account(),
        }
        return calls[name]


SHOPS = {
    "centry": Shop(
        CENTRY,
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        f"{1:024x}",
        Desired(None, frozenset({"on_order_save"}), "https://hooks.example/centry/acme/url-canary"),
    ),
    "konimbo": Shop(
        KONIMBO,
        {"token": "konimbo-token-canary"},
        "1",
        Desired(
            "order_created",
            frozenset({"order_created"}),
            "https://hooks.example/konimbo/acme/order_created/url-canary",
        ),
    ),
}
WRITES = [(platform, call) for platform in SHOPS for call in ("create", "update")]
# Konimbo's API tells nobody's account, so it is not called for it.
CALLS = [*WRITES, ("centry", "show"), ("centry", "account"), ("konimbo", "show")]
FAILURES = (301, 302, 303, 307, 308, 400, 401, 403, 404, 406, 409, 410, 422, 429, 500, 502, 503)


@contextmanager
def echoing(status: int, location: str) -> Iterator[str]:
    """A server that quotes all that it is sent, and sends on to another place."""

    def answer(asked: Asked) -> Answered:
        quoted = f"{asked.path} {asked.query} {asked.headers} {asked.body!r} body-canary"
        headers = {"location": f"{location}/?token={asked.query.get('token', '')}url-canary"}
        return Answered.of({"message": quoted, "error": quoted}, status, headers)

    with api_server(answer) as url:
        yield url


def said_of(call: Call, access: StoreAccess) -> str:
    """All that a caller could print. The call has to fail."""
    with pytest.raises(errors.PlatformError) as caught:
        call(access)
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


def to_show(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "urllib3", "urllib3.connectionpool", "urllib3.connection"):
        caplog.set_level(logging.DEBUG, name)


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("status", FAILURES)
@pytest.mark.parametrize(("platform", "call"), CALLS)
def test_no_secret_is_told_and_nothing_goes_elsewhere_whatever_is_answered(
    platform: str, call: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    to_show(caplog)
    strangers: list[Asked] = []
    shop, network = SHOPS[platform], Impatient()

    def stranger(asked: Asked) -> Answered:
        strangers.append(asked)
        return Answered.of({"_id": shop.id, "id": shop.id})

    with api_server(stranger) as elsewhere, echoing(status, elsewhere) as url:
        access = shop.access(url, network)
        if (call, status) == ("account", 403):
            assert shop.call(call)(access) is None
            said = ""
        else:
            said = said_of(shop.call(call), access)

    assert "canary" not in said + repr(access) + repr(network.asked) + caplog.text
    assert network.asked
    assert not strangers


@pytest.mark.parametrize("status", FAILURES)
@pytest.mark.parametrize(("platform", "call"), WRITES)
def test_a_write_is_made_once_whatever_is_answered(platform: str, call: str, status: int) -> None:
    shop, network = SHOPS[platform], Impatient()
    with echoing(status, "http://127.0.0.1:1") as url:
        said_of(shop.call(call), shop.access(url, network))

    # Centry is asked for another token when it takes one no more; here there is no other.
    made = [one for one in network.asked if not one.url.endswith("/oauth/token")]
    assert len(made) == 1


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("behave", [hang, drip, pour])
@pytest.mark.parametrize(("platform", "call"), CALLS)
def test_no_secret_is_told_and_no_write_made_again_if_no_answer_ends(
    platform: str, call: str, behave: Any, caplog: pytest.LogCaptureFixture
) -> None:
    to_show(caplog)
    shop, network = SHOPS[platform], Impatient()
    with raw_server(behave) as url:
        access = shop.access(url, network)
        with pytest.raises(errors.NoResponseError) as caught:
            shop.call(call)(access)

    said = "".join(traceback.format_exception(caught.value))
    assert "canary" not in said + repr(access) + repr(network.asked) + caplog.text
    assert len(network.asked) == (1 if (platform, call) in WRITES else 3)


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(("platform", "call"), WRITES)
def test_a_write_that_is_redirected_is_neither_followed_nor_taken_for_made(
    platform: str, call: str, status: int
) -> None:
    """Those two ask to send method and body along, and so the secrets in it."""
    shop, network, strangers = SHOPS[platform], Impatient(), list[Asked]()

    def stranger(asked: Asked) -> Answered:
        strangers.append(asked)
        return Answered.of({})

    with api_server(stranger) as elsewhere, echoing(status, elsewhere) as url:
        access = shop.access(url, network)
        with pytest.raises(errors.CallRefusedError, match=str(status)):
            shop.call(call)(access)

    assert (len(network.asked), strangers) == (1, [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "_id", "webhook", "event", "x"]) | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
FINITE = st.none() | st.booleans() | st.integers(0, 9) | st.text("abc", max_size=5)
PLAIN_IDS = {
    "centry": st.text("0123456789abcdef", min_size=24, max_size=24),
    "konimbo": st.integers(0, 2**63 - 1) | st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True),
}


def created_with(platform: str, body: bytes) -> str | None:
    shop = SHOPS[platform]
    transport = FakeTransport([ApiResponse(201, {}, body)])
    return shop.access("https://platform.example", transport).create_subscription(shop.desired)


def bytes_of(value: Any) -> bytes:
    """As JSON, also where that is none: NaN, and numbers of any size."""
    return Answered.of(value).body


@pytest.mark.parametrize("platform", SHOPS)
@given(body=st.binary(max_size=50) | JSON.map(bytes_of))
def test_any_answer_of_a_success_is_a_creation(platform: str, body: bytes) -> None:
    id_ = created_with(platform, body)

    assert id_ is None or id_.encode() in body


@pytest.mark.parametrize("platform", SHOPS)
@given(data=st.data())
def test_an_id_is_read_whatever_is_beside_it(platform: str, data: st.DataObject) -> None:
    id_ = data.draw(PLAIN_IDS[platform])
    others = data.draw(st.dictionaries(st.sampled_from(["event", "x", "y"]), FINITE, max_size=3))
    record = {**others, "_id" if platform == "centry" else "id": id_}
    forms: list[Any] = [record]
    if platform == "konimbo":
        forms += [{"webhook": record}, [record], [{"webhook": record}]]

    assert created_with(platform, bytes_of(data.draw(st.sampled_from(forms)))) == str(id_)


NO_IDS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
    st.sampled_from(["", " ", "..", "../1", "1/2", "1?x", "a b", "%2e", "x" * 65, "\u0661", "1\n"]),
)


@pytest.mark.parametrize("platform", SHOPS)
@given(id_=NO_IDS)
def test_what_cannot_be_an_id_is_none(platform: str, id_: Any) -> None:
    body = bytes_of({"id": id_, "_id": id_})

    assert created_with(platform, body) is None
