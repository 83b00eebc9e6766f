"""What lies in the payload bucket, for jobs that look through it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypedDict

from commerce_hooks.aws import Patience
from commerce_hooks.parking import BULK_DONE, BULK_NOTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Listed(NamedTuple):
    """An object as the bucket lists it: when it was written last, in UTC, and its bytes."""

    key: str
    kept_at: datetime
    size: int


class Page(NamedTuple):
    """A part of a listing; `token` leads to the next, None from the last."""

    listed: Sequence[Listed]
    token: str | None


class Listing(Protocol):
    """The payload bucket, for one who may see what is in it."""

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        """The next keys that begin with `folder`, in the order of their bytes.

        Raises:
            UnavailableError: They can't be told within so many seconds.
        """
        ...


def listed(listing: Listing, folder: str, seconds: Callable[[], float]) -> Iterator[Listed]:
    """All objects that begin with `folder`, in the order of their keys.

    `seconds` says what the next call may take. What it raises ends the listing, as a call that
    fails does; what came before that is good.
    """
    token: str | None = None
    while True:
        page = listing.page(folder, token, seconds())
        yield from page.listed
        token = page.token
        if token is None:
            return


class OpenBulk(NamedTuple):
    """The body of a bulk that is not done with.

    Args:
        notes: What jobs and sweeps noted beside it (one of BULK_NOTES), and when.
    """

    body: Listed
    notes: Mapping[str, datetime]

    @property
    def latest(self) -> datetime:
        """When anything happened to it last."""
        return max([self.body.kept_at, *self.notes.values()])


def open_bulks(found: Iterable[Listed]) -> Iterator[OpenBulk]:
    """The open ones in a listing, each once it is clear that no more notes follow."""
    # Keys are listed in their order, so what belongs to a body follows right behind it.
    for body, group in groupby(found, key=_body_of):
        kept = {each.key.removeprefix(body): each for each in group}
        if "" in kept and BULK_DONE not in kept:
            first = kept.pop("")
            yield OpenBulk(first, {note: each.kept_at for note, each in kept.items()})


def _body_of(each: Listed) -> str:
    return next((each.key.removesuffix(n) for n in BULK_NOTES if each.key.endswith(n)), each.key)


class _Position(TypedDict, total=False):
    ContinuationToken: str


class S3Listing:
    """The bucket on AWS. Its client is made when it is first needed."""

    def __init__(
        self, name: str, make_client: Callable[[], "S3Client"], patience: Patience
    ) -> None:
        self._name = name
        self._make_client = make_client
        self._patience = patience

    @cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        return self._patience.call("bucket", seconds, lambda: self._list(folder, token))

    def _list(self, folder: str, token: str | None) -> Page:
        position: _Position = {"ContinuationToken": token} if token else {}
        found = self._client.list_objects_v2(Bucket=self._name, Prefix=folder, **position)
        contents = found.get("Contents", [])
        here = [Listed(each["Key"], each["LastModified"], each["Size"]) for each in contents]
        return Page(here, found.get("NextContinuationToken"))
