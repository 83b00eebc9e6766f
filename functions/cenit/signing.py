"""What the signature of a call is made over: everything of it that counts, spelt in one way.

Signed is, with line breaks between: the method, the path, the query, the time, and the body's
hash. A proxy may spell a path or query anew, so both are taken apart and put together by us.
"""

from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote

from cenit.services import PLATFORM


def signed_text(
    method: str, path: str, query: Iterable[tuple[str, str]], timestamp: str, body: bytes
) -> str:
    """The text to sign.

    Args:
        method: In capitals.
        path: What `call_path` makes.
        query: Names and values, decoded, in any order.
        timestamp: Unix time in whole seconds, as it is sent.
        body: Its bytes; a call without a body has none, and still a hash.
    """
    return "\n".join((method, path, _query(query), timestamp, sha256(body).hexdigest()))


def call_path(store: str, service: str, id_: str | None = None) -> str:
    """The path from `/cenit` on: the same at the API's own address and at a custom domain."""
    parts = (PLATFORM.name, store, service) if id_ is None else (PLATFORM.name, store, service, id_)
    return "".join(f"/{_encoded(part)}" for part in parts)


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    """Percent-encoded but for RFC 3986's unreserved characters: a space is `%20`, never `+`."""
    # Lone surrogates can be in nothing that was signed; they need only not to be in the way.
    return quote(text, safe="", errors="surrogatepass")
