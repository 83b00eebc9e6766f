"""The payload bucket's listing, and several of its objects in a call or at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from commerce_hooks.aws import S3PayloadBucket
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import S3Listing

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_AT_ONCE = 8
"""The SDK keeps ten connections open."""


class S3Objects(S3Listing):
    """The bucket."""

    @cached_property
    def _bucket(self) -> S3PayloadBucket:
        return S3PayloadBucket(self._name, lambda: self._client, self._patience)

    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda key: (key, self._bucket.get(key, seconds)), keys)
            return {key: held[0] for key, held in found if held}

    def put(self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float) -> None:
        self._bucket.put(key, body, attributes, seconds)

    def delete(self, keys: Sequence[str], seconds: float) -> None:
        failed = self._patience.call("bucket", seconds, lambda: self._delete(keys))
        if failed:
            raise UnavailableError("bucket", failed[0])

    def _delete(self, keys: Sequence[str]) -> list[str]:
        objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys]
        answer = self._client.delete_objects(
            Bucket=self._name, Delete={"Objects": objects, "Quiet": True}
        )
        return [error.get("Code", "Unknown") for error in answer.get("Errors", [])]
