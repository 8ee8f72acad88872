"""Encryption with a stack's passphrase, in the format that the Pulumi CLI uses.

A salt reads `v1:<salt>:v1:<nonce>:<ciphertext of "pulumi">`, an encrypted value
`v1:<nonce>:<ciphertext>`; both base64. Where values are kept is not known here.
"""

import base64
import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_ROUNDS = 1_000_000
_KNOWN_TEXT = "pulumi"


class PassphraseError(Exception):
    """The passphrase is missing or wrong, or what should be decrypted is malformed."""


@frozen
class Crypter:
    """Encrypts and decrypts strings with the key that a passphrase and a salt give."""

    salt: str
    key: bytes = field(repr=False)

    def encrypt(self, plaintext: str) -> str:
        """A fresh ciphertext of the text."""
        return _encrypt(self.key, plaintext)

    def decrypt(self, ciphertext: str) -> str:
        """The text behind a ciphertext made with the same passphrase and salt."""
        return _decrypt(self.key, ciphertext)


def open_crypter(passphrase: str, salt: str) -> Crypter:
    """The crypter of a salt that was written before."""
    version, _, rest = salt.partition(":")
    encoded, _, check = rest.partition(":")
    if version != "v1" or not check:
        raise PassphraseError("the encryption salt is malformed")
    crypter = Crypter(salt, _key(passphrase, base64.b64decode(encoded)))
    if crypter.decrypt(check) != _KNOWN_TEXT:
        raise PassphraseError("incorrect passphrase")
    return crypter


def new_crypter(passphrase: str) -> Crypter:
    """A crypter with a salt of its own."""
    raw = os.urandom(8)
    key = _key(passphrase, raw)
    return Crypter(f"v1:{base64.b64encode(raw).decode()}:{_encrypt(key, _KNOWN_TEXT)}", key)


@frozen
class Keyring:
    """A passphrase, if there is one, asked for only when there is something to encrypt."""

    passphrase: str | None = field(repr=False)

    def open(self, salt: str) -> Crypter:
        """The crypter of a salt."""
        return open_crypter(self._given(), salt)

    def new(self) -> Crypter:
        """A crypter with a new salt."""
        return new_crypter(self._given())

    def shared(self) -> Crypter:
        """A crypter whose salt is new once for this process: making a key takes a second."""
        return _shared_crypter(self._given())

    def _given(self) -> str:
        if self.passphrase is None:
            raise PassphraseError(
                "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
                "PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
            )
        return self.passphrase


@functools.cache
def _shared_crypter(passphrase: str) -> Crypter:
    return new_crypter(passphrase)


def passphrase_from(environment: Mapping[str, str]) -> str | None:
    """The passphrase that the environment names, as for the Pulumi CLI."""
    if "PULUMI_CONFIG_PASSPHRASE" in environment:
        return environment["PULUMI_CONFIG_PASSPHRASE"]
    file = environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    return Path(file).read_text().strip() if file else None


@functools.cache
def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ROUNDS)


def _encrypt(key: bytes, plaintext: str) -> str:
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _decrypt(key: bytes, ciphertext: str) -> str:
    parts = ciphertext.split(":")
    if len(parts) != 3 or parts[0] != "v1":
        raise PassphraseError("an encrypted value is malformed")
    try:
        nonce, sealed = base64.b64decode(parts[1]), base64.b64decode(parts[2])
        return AESGCM(key).decrypt(nonce, sealed, None).decode()
    except (InvalidTag, ValueError) as error:
        raise PassphraseError("incorrect passphrase") from error
