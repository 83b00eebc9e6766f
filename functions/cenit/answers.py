"""Answers to signed calls, kept for a day: a call that comes again gets the one it had."""

from hashlib import sha256

from commerce_hooks.decoding import JsonObject, decode_object
from commerce_hooks.errors import QuarantineError, UnavailableError
from commerce_hooks.parking import ReadableBucket

ANSWERS_PREFIX = "answers/cenit"


def earlier_answer(
    bucket: ReadableBucket, store: str, signature: str, seconds: float
) -> bytes | None:
    """The answer that a signed call had; None if there is none, or it can't be had.

    The call is then carried out again, with the same ids: nothing is lost by not knowing.
    """
    try:
        found = bucket.get(_key(store, signature), seconds)
    except UnavailableError:
        # It is the same where there is none: who may not list a bucket is denied what it lacks.
        return None
    return found[0] if found and _is_answer(found[0]) else None


def keep_answer(
    bucket: ReadableBucket, store: str, signature: str, answer: bytes, seconds: float
) -> None:
    """Keep the answer to a signed call.

    Raises:
        UnavailableError: It is not known to be kept.
    """
    bucket.put(_key(store, signature), answer, {}, seconds)


def _key(store: str, signature: str) -> str:
    # By a hash: who may list the bucket shall not learn signatures.
    return f"{ANSWERS_PREFIX}/{store}/{sha256(signature.encode()).hexdigest()}"


def _is_answer(raw: bytes) -> bool:
    try:
        answer: JsonObject = decode_object(raw)
    except QuarantineError:
        return False
    return "status" in answer
