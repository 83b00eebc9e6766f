"""What the fake platforms deliver, to whom, and how often."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fake_platforms import FakeCentry, FakeKonimbo, Poster
from fake_platforms.centry_webhooks import SUBJECTS
from fake_platforms.posting import Posted
from support.certificates import tls_server, write_certificate
from support.fake_shops import Clock
from support.loopback import HttpServer, http_server, raw_server

COMPANY, OTHER = "a" * 24, "b" * 24
ID = "59c285f81746bf2096000001"
JSON_TYPE = "application/json"
Behave = Callable[[socket.socket, threading.Event], None]
FORM_TYPE = "application/x-www-form-urlencoded"
ORDER = {"order": {"id": 1, "name": "חולצה", "newsletter": False, "cart": None}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def centry(clock: Clock) -> FakeCentry:
    return FakeCentry(clock)


@pytest.fixture
def konimbo(clock: Clock) -> FakeKonimbo:
    return FakeKonimbo(clock)


@pytest.fixture
def receiver() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def add(centry: FakeCentry, receiver: HttpServer, topic: str = "on_order_save") -> str:
    return centry.add_webhook(COMPANY, f"{receiver.url}/url-canary?key=1", **{topic: True})


@pytest.mark.parametrize("topic", SUBJECTS)
def test_centry_tells_the_topic_and_an_id(
    centry: FakeCentry, receiver: HttpServer, topic: str
) -> None:
    add(centry, receiver, topic)

    (delivery,) = centry.deliver(topic, ID)

    (heard,) = receiver.heard
    assert json.loads(heard.body) == {"topic": topic, SUBJECTS[topic]: ID} == delivery.data
    assert heard.path == "/url-canary?key=1"
    assert heard.headers["Content-Type"] == JSON_TYPE
    assert (delivery.intent, delivery.status, delivery.accepted) == (1, 200, True)


def test_centry_tells_only_who_asked_for_the_topic(
    centry: FakeCentry, receiver: HttpServer
) -> None:
    asked = [add(centry, receiver) for _ in range(2)]
    add(centry, receiver, "on_order_delete")
    elsewhere = centry.add_webhook(OTHER, receiver.url, on_order_save=True)

    def told(company: str | None) -> list[str]:
        return [each.webhook for each in centry.deliver("on_order_save", ID, company)]

    assert told(COMPANY) == asked
    assert told(OTHER) == [elsewhere]
    assert told(None) == [*asked, elsewhere]
    assert len(receiver.heard) == 6


def test_there_are_no_other_events(centry: FakeCentry, konimbo: FakeKonimbo) -> None:
    with pytest.raises(ValueError, match="no such topic"):
        centry.deliver("callback_url", ID)
    with pytest.raises(ValueError, match="no such event"):
        konimbo.deliver("on_order_save", {})


@pytest.mark.parametrize("status", [201, 202, 204, 302, 401, 404, 500, 503])
def test_centry_insists_on_200_every_five_minutes(
    centry: FakeCentry, receiver: HttpServer, clock: Clock, status: int
) -> None:
    receiver.status, receiver.body = status, b""
    add(centry, receiver)
    (first,) = centry.deliver("on_order_save", ID)
    clock.now += 299
    assert centry.deliveries.retry_due() == []
    clock.now += 1

    (second,) = centry.deliveries.retry_due()
    receiver.status = 200
    clock.now += 300
    (third,) = centry.deliveries.retry_due()
    clock.now += 300

    assert [each.intent for each in (first, second, third)] == [1, 2, 3]
    assert [each.accepted for each in (first, second, third)] == [False, False, True]
    assert centry.deliveries.retry_due() == []
    assert len({heard.body for heard in receiver.heard}) == 1


def test_centry_gives_up_after_48_hours(centry: FakeCentry, clock: Clock) -> None:
    centry.add_webhook(COMPANY, "nowhere", on_order_save=True)
    began = clock.now
    centry.deliver("on_order_save", ID)

    while (at := centry.deliveries.next_at) is not None:
        clock.now = at
        centry.deliveries.retry_due()

    assert [each.intent for each in centry.deliveries.log] == list(range(1, 577))
    assert clock.now - began == 48 * 3600 - 300


def test_what_is_due_can_be_asked_beforehand(
    centry: FakeCentry, receiver: HttpServer, clock: Clock
) -> None:
    receiver.status = 500
    add(centry, receiver)
    centry.deliver("on_order_save", ID)

    assert centry.deliveries.due() == []
    (due,) = centry.deliveries.due(clock.now + 300)
    assert (due.at, due.intent, due.notice.topic) == (clock.now + 300, 2, "on_order_save")


def test_time_need_not_pass(centry: FakeCentry, receiver: HttpServer, clock: Clock) -> None:
    receiver.status = 500
    add(centry, receiver)
    centry.deliver("on_order_save", ID)

    intents = [centry.deliveries.retry_early()[0] for _ in range(3)]

    assert [each.intent for each in intents] == [2, 3, 4]
    assert [each.at - clock.now for each in intents] == [300, 600, 900]
    assert [each.intent for each in centry.deliveries.retry_due(clock.now + 1200)] == [5]


def test_a_notification_outlives_its_webhook(centry: FakeCentry, receiver: HttpServer) -> None:
    receiver.status = 500
    id_ = add(centry, receiver)
    centry.deliver("on_order_save", ID)
    centry.records.remove(id_)

    assert [each.webhook for each in centry.deliveries.retry_early()] == [id_]
    assert centry.deliver("on_order_save", ID) == []


def test_nothing_is_made_twice_by_two_who_retry_at_once(
    centry: FakeCentry, receiver: HttpServer
) -> None:
    receiver.status = 500
    for _ in range(8):
        add(centry, receiver)
    centry.deliver("on_order_save", ID)
    until = centry.clock() + 300

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: centry.deliveries.retry_due(until), range(4)))

    assert len([each for some in made for each in some]) == 8
    assert len(receiver.heard) == 16


def test_the_log_tells_all_and_shows_no_secret(centry: FakeCentry, receiver: HttpServer) -> None:
    receiver.body = b"response-canary"
    add(centry, receiver)
    centry.deliver("on_order_save", "id-canary")
    (entry,) = centry.deliveries.log

    assert entry.callback_url == f"{receiver.url}/url-canary?key=1"
    assert (entry.topic, entry.shop, entry.response) == (
        "on_order_save",
        COMPANY,
        "response-canary",
    )
    shown = repr((entry, centry.deliveries, centry.records, centry.deliveries.due()))
    assert "canary" not in shown


def test_no_redirect_is_followed(centry: FakeCentry, receiver: HttpServer) -> None:
    with http_server() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        add(centry, receiver)

        (delivery,) = centry.deliver("on_order_save", ID)

        assert (delivery.status, delivery.accepted) == (307, False)
        assert elsewhere.heard == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///etc/passwd", "not an http(s) URL"),
        ("ftp://127.0.0.1/", "not an http(s) URL"),
        ("127.0.0.1", "not an http(s) URL"),
        ("http://", "not an http(s) URL"),
        (" http://127.0.0.1:9/ ", "not an http(s) URL"),
        ("http://[", "ValueError"),
        ("http://127.0.0.1:99999/", "ValueError"),
        ("http://127.0.0.1:9/a\r\nb: c", "not an http(s) URL"),
        ("http://127.0.0.1:9/ü", "not an http(s) URL"),
        ("http://hooks.example/", "not on this machine"),
        ("https://127.0.0.1.hooks.example/", "not on this machine"),
    ],
)
def test_other_urls_are_not_called(centry: FakeCentry, url: str, problem: str) -> None:
    centry.add_webhook(COMPANY, url, on_order_save=True)

    (delivery,) = centry.deliver("on_order_save", ID)

    assert (delivery.status, delivery.problem) == (None, problem)


def test_other_machines_are_called_when_allowed() -> None:
    posted = Poster(seconds=1, anywhere=True).post("http://nowhere.invalid/", JSON_TYPE, b"{}")

    assert posted.problem in {"gaierror", "TimeoutError"}


def test_https_is_spoken_to_who_can_prove_a_name(
    centry: FakeCentry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path)

    def post() -> Posted:
        with tls_server(certificate) as url:
            return centry.deliveries.poster.post(url, JSON_TYPE, b"{}")

    assert post().problem == "SSLCertVerificationError"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert post().status == 200


def silent(_: socket.socket, over: threading.Event) -> None:
    over.wait(10)


def dripping(beginning: bytes) -> Behave:
    """A byte more now and then, so that no single wait is long."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(beginning)
        while not over.wait(0.02):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    return behave


def endless(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort")
    over.wait(10)


SLOW_ANSWERS: dict[str, Behave] = {
    "nothing": silent,
    "half a body": endless,
    "a header": dripping(b"HTTP/1.1 200 OK\r\nx-slow: "),
    "a body": dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 16384\r\n\r\n"),
    "a body to the end": dripping(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"),
}


@pytest.mark.parametrize("slow", SLOW_ANSWERS)
def test_an_answer_that_does_not_come_in_time_is_none(slow: str) -> None:
    centry = FakeCentry(poster=Poster(seconds=0.2))
    with raw_server(SLOW_ANSWERS[slow]) as url:
        centry.add_webhook(COMPANY, url, on_order_save=True)
        (delivery,) = centry.deliver("on_order_save", ID)

    assert (delivery.status, delivery.problem) == (None, "TimeoutError")
    assert centry.deliveries.next_at is not None


def test_a_connection_that_ends_is_no_answer(centry: FakeCentry) -> None:
    with raw_server(lambda connection, _: connection.close()) as url:
        centry.add_webhook(COMPANY, url, on_order_save=True)
        (delivery,) = centry.deliver("on_order_save", ID)

    assert (delivery.status, delivery.problem) == (None, "RemoteDisconnected")


def test_of_a_long_answer_only_the_beginning_is_kept(
    centry: FakeCentry, receiver: HttpServer
) -> None:
    receiver.body = b"x" * 1_000_000
    add(centry, receiver)

    (delivery,) = centry.deliver("on_order_save", ID)

    assert (delivery.accepted, delivery.response) == (True, "x" * 1000)


def test_konimbo_sends_json_once(konimbo: FakeKonimbo, receiver: HttpServer) -> None:
    konimbo.add_webhook(7, receiver.url, "order_created")
    receiver.status = 500

    (delivery,) = konimbo.deliver("order_created", ORDER)

    (heard,) = receiver.heard
    assert heard.headers["Content-Type"] == JSON_TYPE
    assert json.loads(heard.body) == ORDER
    assert "חולצה".encode() in heard.body
    assert (delivery.status, delivery.accepted) == (500, False)
    assert konimbo.deliveries.next_at is None


def test_konimbo_sends_forms_where_a_shop_has_them(
    konimbo: FakeKonimbo, receiver: HttpServer
) -> None:
    konimbo.forms.add(7)
    for shop in (7, 8):
        konimbo.add_webhook(shop, receiver.url, "order_created")

    konimbo.deliver("order_created", ORDER)
    konimbo.deliver("order_created", ORDER, 7, form=False)
    konimbo.deliver("order_created", ORDER, 8, form=True)

    types = [heard.headers["Content-Type"] for heard in receiver.heard]
    assert types == [FORM_TYPE, JSON_TYPE, JSON_TYPE, FORM_TYPE]
    assert receiver.heard[0].body.startswith(b"order%5Bid%5D=1&order%5Bname%5D=%D7%97")


def test_konimbo_calls_active_webhooks_of_the_event_only(
    konimbo: FakeKonimbo, receiver: HttpServer
) -> None:
    called = konimbo.add_webhook(7, receiver.url, "order_created")
    konimbo.add_webhook(7, receiver.url, "order_created", active=False)
    konimbo.add_webhook(7, receiver.url, "ticket_created")
    konimbo.add_webhook(8, receiver.url, "order_created")

    assert [each.webhook for each in konimbo.deliver("order_created", ORDER, 7)] == [str(called)]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_success_contents_konimbo(
    konimbo: FakeKonimbo, receiver: HttpServer, status: int
) -> None:
    receiver.status, receiver.body = status, b""
    konimbo.add_webhook(7, receiver.url, "order_created")

    assert konimbo.deliver("order_created", ORDER)[0].accepted
