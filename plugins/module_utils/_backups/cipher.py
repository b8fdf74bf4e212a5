# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Encryption of a backup as it is written: by a program, as a stage of the chain. Nothing plain is on disk.

A backup may be written on a host that has no key to read it; it can then be proven to level L1 there, no further.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Protocol

from .._core import command
from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .streams import Command

METHODS = ("age", "gpg", "ansible-vault")
# Methods that are fit for some kinds of backups only.
_ONLY_FOR: Mapping[str, Sequence[str]] = {"ansible-vault": ("config",)}
_SECONDS = 30.0  # for gpg to look into its keyring

SPEC = ArgSpec(
    options={
        "method": {"type": "str", "required": True, "choices": list(METHODS)},
        "recipients": {"type": "list", "elements": "str"},
        "identity_file": {"type": "path"},
        "gnupg_home": {"type": "path"},
        "vault_password_file": {"type": "path", "no_log": False},
    },
    required_if=[
        ("method", "age", ("recipients", "identity_file"), True),
        ("method", "ansible-vault", ("vault_password_file",)),
    ],
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
        """See Cipher.readable. It is when the keyring has a private key of one of the recipients, or any."""
        return any(self._has_private_key(one) for one in [[name] for name in self.recipients] or [[]])

    def _has_private_key(self, named: Sequence[str]) -> bool:
        argv = self._argv("--with-colons", "--list-secret-keys", "--", *named)
        listed = command.run(argv, _SECONDS, expect_status=None).stdout
        return any(line.startswith("sec:") for line in listed.splitlines())

    def told(self) -> dict[str, Any]:
        """See Cipher.told."""
        return {"method": "gpg", "recipients": list(self.recipients)}


def _age(options: Mapping[str, Any]) -> Cipher:
    identity = options.get("identity_file")
    if identity and not os.access(str(identity), os.R_OK):
        raise InputError("encryption: identity_file cannot be read", on=str(identity))
    return Age(tuple(options.get("recipients") or ()), Path(str(identity)) if identity else None)


def _gpg(options: Mapping[str, Any]) -> Cipher:
    home = options.get("gnupg_home")
    return Gpg(tuple(options.get("recipients") or ()), Path(str(home)) if home else None)


def _vault(options: Mapping[str, Any]) -> Cipher:
    from .cipher_vault import vault_of

    password_file = str(options["vault_password_file"])
    if not os.access(password_file, os.R_OK):
        raise InputError("encryption: vault_password_file cannot be read", on=password_file)
    return vault_of(password_file)


_MADE: Mapping[str, Callable[[Mapping[str, Any]], Cipher]] = {"age": _age, "gpg": _gpg, "ansible-vault": _vault}


def cipher_of(options: Mapping[str, Any] | None, kind: str | None = None) -> Cipher | None:
    """Return the cipher of the option ``encryption``; None when that is not given.

    :param kind: of the backup that is to be made with it. :raises InputError: it is none that can be.
    """
    if not options:
        return None
    valid = SPEC.validate(options, "encryption")
    kinds = _ONLY_FOR.get(valid["method"])
    if kind is not None and kinds is not None and kind not in kinds:
        raise InputError(
            f"encryption: {valid['method']} is for backups of the kind {', '.join(kinds)} only",
            advice="take age or gpg",
        )
    return _MADE[valid["method"]](valid)
