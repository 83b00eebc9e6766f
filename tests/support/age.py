"""The age format (age-encryption.org/v1) in a few lines, independent of the library we use.

With a work factor that no real file has, so that tests need not wait for it.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"age-encryption.org/v1"
_ARMOR = "-----{} AGE ENCRYPTED FILE-----"
_LAST_CHUNK = bytes(11) + b"\x01"


def encrypted(content: bytes, passphrase: str, work: int = 2) -> bytes:
    salt, file_key, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    wrapped = ChaCha20Poly1305(_wrap_key(passphrase, salt, work)).encrypt(bytes(12), file_key, None)
    stanza = b"-> scrypt %s %d\n%s\n" % (_b64(salt), work, _b64(wrapped))
    header = _VERSION + b"\n" + stanza + b"---"
    mac = hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")
    payload = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    chunk = payload.encrypt(_LAST_CHUNK, content, None)
    return header + b" " + _b64(mac) + b"\n" + nonce + chunk


def decrypted(armored: str, passphrase: str) -> bytes:
    """Of a file with an armor, of less than one chunk of 64 KiB."""
    begin, *lines, end = armored.splitlines()
    assert (begin, end) == (_ARMOR.format("BEGIN"), _ARMOR.format("END"))
    header, _, payload = b64decode("".join(lines)).partition(b"\n---")
    version, stanza, body = header.split(b"\n")
    kind, salt, work = stanza.removeprefix(b"-> ").split(b" ")
    assert (version, kind) == (_VERSION, b"scrypt")
    key = _wrap_key(passphrase, _unb64(salt), int(work))
    file_key = ChaCha20Poly1305(key).decrypt(bytes(12), _unb64(body), None)
    content = payload.partition(b"\n")[2]
    opening = ChaCha20Poly1305(_derived(file_key, content[:16], b"payload"))
    return opening.decrypt(_LAST_CHUNK, content[16:], None)


def _wrap_key(passphrase: str, salt: bytes, work: int) -> bytes:
    whole = _VERSION + b"/scrypt" + salt
    settings: dict[str, Any] = {"n": 2**work, "r": 8, "p": 1, "maxmem": 2**31 - 1, "dklen": 32}
    return hashlib.scrypt(passphrase.encode(), salt=whole, **settings)


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _b64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _unb64(data: bytes) -> bytes:
    return b64decode(data + b"=" * (-len(data) % 4))
