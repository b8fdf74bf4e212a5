# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Encryption of a backup as it is written: programs age and gpg, as a stage of the chain. Nothing plain is on disk.

A backup may be written on a host that has no key to read it; it can then be proven to level L1 there, no further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Protocol

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .streams import Command

METHODS = ("age", "gpg")

SPEC = ArgSpec(
    options={
        "method": {"type": "str", "required": True, "choices": list(METHODS)},
        "recipients": {"type": "list", "elements": "str"},
        "identity_file": {"type": "path"},
        "gnupg_home": {"type": "path"},
    },
    required_if=[("method", "age", ("recipients", "identity_file"), True)],
)


class Cipher(Protocol):
    """A way to encrypt a stream, and to read it again."""

    @property
    def suffix(self) -> str:
        """Return what is added to the names of files."""

    def encrypting(self) -> Command:
        """Return the program that encrypts its stdin.

        :raises InputError: no recipient was given.
        """

    def decrypting(self) -> Command:
        """Return the program that decrypts its stdin.

        :raises InputError: nothing was given to read with.
        """

    def readable(self) -> bool:
        """Tell whether this host was given what it needs to read."""

    def told(self) -> dict[str, Any]:
        """Return what the manifest says of it: method and recipients."""


@dataclass(frozen=True)
class Age:
    """The program age (filippo.io/age); recipients are public keys, the identity file holds private ones."""

    recipients: tuple[str, ...]
    identity_file: Path | None
    suffix: str = ".age"

    def encrypting(self) -> Command:
        """See Cipher.encrypting."""
        if not self.recipients:
            raise InputError("encryption: recipients are needed to write an encrypted backup")
        argv = ["age", "--encrypt"]
        for recipient in self.recipients:
            argv += ["--recipient", recipient]
        return Command(argv)

    def decrypting(self) -> Command:
        """See Cipher.decrypting."""
        if self.identity_file is None:
            raise InputError("encryption: identity_file is needed to read an encrypted backup")
        return Command(["age", "--decrypt", "--identity", str(self.identity_file)])

    def readable(self) -> bool:
        """See Cipher.readable."""
        return self.identity_file is not None

    def told(self) -> dict[str, Any]:
        """See Cipher.told."""
        return {"method": "age", "recipients": list(self.recipients)}


@dataclass(frozen=True)
class Gpg:
    """GnuPG; recipients are key ids, fingerprints or addresses in its keyring, private keys are in its home."""

    recipients: tuple[str, ...]
    home: Path | None
    suffix: str = ".gpg"

    def _argv(self, *more: str) -> list[str]:
        home = [] if self.home is None else ["--homedir", str(self.home)]
        return ["gpg", "--batch", "--no-tty", "--quiet", *home, *more]

    def encrypting(self) -> Command:
        """See Cipher.encrypting."""
        if not self.recipients:
            raise InputError("encryption: recipients are needed to write an encrypted backup")
        argv = self._argv("--trust-model", "always", "--compress-algo", "none", "--encrypt")
        for recipient in self.recipients:
            argv += ["--recipient", recipient]
        return Command(argv)

    def decrypting(self) -> Command:
        """See Cipher.decrypting."""
        return Command(self._argv("--decrypt"))

    def readable(self) -> bool:
        """See Cipher.readable."""
        return True

    def told(self) -> dict[str, Any]:
        """See Cipher.told."""
        return {"method": "gpg", "recipients": list(self.recipients)}


def _age(options: Mapping[str, Any]) -> Cipher:
    identity = options.get("identity_file")
    return Age(tuple(options.get("recipients") or ()), Path(str(identity)) if identity else None)


def _gpg(options: Mapping[str, Any]) -> Cipher:
    home = options.get("gnupg_home")
    return Gpg(tuple(options.get("recipients") or ()), Path(str(home)) if home else None)


_MADE: Mapping[str, Callable[[Mapping[str, Any]], Cipher]] = {"age": _age, "gpg": _gpg}


def cipher_of(options: Mapping[str, Any] | None) -> Cipher | None:
    """Return the cipher of the option ``encryption``; None when that is not given.

    :raises InputError: it is none that can be.
    """
    if not options:
        return None
    valid = SPEC.validate(options, "encryption")
    return _MADE[valid["method"]](valid)
