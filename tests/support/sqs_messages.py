"""What SQS says of a message: whether it takes it, how large it is, its digests.

Sources: SendMessage, SendMessageBatch and MessageAttributeValue in the SQS API reference; "Message
metadata" (names, types, the digest of attributes) and "Message quotas" in the developer guide;
codes and messages as recorded from AWS by LocalStack (tests/aws/services/sqs/test_sqs.snapshot.json
in its repository).
"""

import re
import struct
from base64 import b64decode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from hashlib import md5
from typing import Any

from support.wire import NotModelledError, RefusedError

MAX_BYTES = 1_048_576
"""Of a message with its attributes, and of all messages of a batch together."""
MAX_ATTRIBUTES = 10
MAX_DELAY_SECONDS = 900
_REFUSED_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE_NAME = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_RESERVED_NAME = re.compile(r"(aws|amazon)\.", re.IGNORECASE)
_DATA_TYPE = re.compile(r"(String|Number|Binary)(\..+)?", re.DOTALL)
_MAX_DATA_TYPE = 256
_MAX_DIGITS = 38
_LARGEST_EXPONENT, _SMALLEST_EXPONENT = 126, -128
_BINARY, _TEXT = b"\x02", b"\x01"
Attribute = Mapping[str, Any]
Attributes = Mapping[str, Attribute]


def invalid(message: str) -> RefusedError:
    return RefusedError("InvalidParameterValueException", message)


def check_message(body: str, attributes: Attributes, max_bytes: int) -> None:
    """Raises:
    RefusedError: SQS doesn't take this message.
    """
    if not body:
        raise RefusedError(
            "MissingRequiredParameterException",
            "The request must contain the parameter MessageBody.",
        )
    if _REFUSED_CHARACTER.search(body):
        raise RefusedError("InvalidMessageContents", "Invalid characters found.")
    if len(attributes) > MAX_ATTRIBUTES:
        raise invalid(f"{len(attributes)} attributes exceed the allowed maximum [10].")
    for name, attribute in attributes.items():
        _check_name(name)
        _check_attribute(name, attribute)
    if message_bytes(body, attributes) > max_bytes:
        raise invalid(f"Message must be shorter than {max_bytes} bytes.")


def message_bytes(body: str, attributes: Attributes) -> int:
    """Bytes as they count: the body, and names, types and values of attributes."""
    parts = [body.encode("utf-8", "surrogatepass")]
    for name, attribute in attributes.items():
        parts += [name.encode(), attribute["DataType"].encode(), _value(attribute)]
    return sum(map(len, parts))


def body_digest(body: str) -> str:
    return md5(body.encode(), usedforsecurity=False).hexdigest()


def attributes_digest(attributes: Attributes) -> str:
    """Names, types and values in the order of the names, each behind its length."""
    digest = md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        for text in (name, attribute["DataType"]):
            digest.update(_behind_length(text.encode()))
        digest.update(_BINARY if "BinaryValue" in attribute else _TEXT)
        digest.update(_behind_length(_value(attribute)))
    return digest.hexdigest()


def _behind_length(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _value(attribute: Attribute) -> bytes:
    if "BinaryValue" in attribute:
        return b64decode(attribute["BinaryValue"])
    text: str = attribute.get("StringValue", "")
    return text.encode("utf-8", "surrogatepass")


def _check_name(name: str) -> None:
    if not _ATTRIBUTE_NAME.fullmatch(name) or _RESERVED_NAME.match(name):
        raise invalid(f"Message (user) attribute name '{name}' is invalid.")


def _check_attribute(name: str, attribute: Attribute) -> None:
    if strangers := attribute.keys() - {"DataType", "StringValue", "BinaryValue"}:
        raise NotModelledError(", ".join(sorted(strangers)))
    data_type = attribute["DataType"]
    kind = _DATA_TYPE.fullmatch(data_type)
    if not kind or len(data_type) > _MAX_DATA_TYPE or _REFUSED_CHARACTER.search(data_type):
        raise invalid(f"The type of message (user) attribute '{name}' is invalid.")
    wanted = "BinaryValue" if kind[1] == "Binary" else "StringValue"
    if set(attribute) != {"DataType", wanted} or not _value(attribute):
        raise invalid(f"Message (user) attribute '{name}' must contain a non-empty {wanted}.")
    text = attribute.get("StringValue", "")
    if _REFUSED_CHARACTER.search(text) or (kind[1] == "Number" and not _is_number(text)):
        raise invalid(f"Message (user) attribute '{name}' has an invalid value.")


def _is_number(text: str) -> bool:
    """Up to 38 digits, from 10^-128 to 10^126 (message attribute data types)."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    if not number.is_finite():
        return False
    fits = _SMALLEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT
    return len(number.as_tuple().digits) <= _MAX_DIGITS and (fits or not number)
