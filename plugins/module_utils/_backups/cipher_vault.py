# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Encryption by ansible-vault, for small backups: that program has all in memory, some twenty times over."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import InputError, NotThere
from .streams import Command

PROGRAM = "ansible-vault"
# It wants a locale in UTF-8; what a user's settings say of other passwords is not meant.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "ANSIBLE_VAULT_IDENTITY_LIST": "", "ANSIBLE_NOCOLOR": "1"}


@dataclass(frozen=True)
class AnsibleVault:
    """The program ansible-vault of ansible-core, with the password in a file (or from it, when it is a program)."""

    password_file: Path
    suffix: str = ".vault"

    def encrypting(self) -> Command:
        """See Cipher.encrypting."""
        return self._command("encrypt", "--encrypt-vault-id", "default")

    def decrypting(self) -> Command:
        """See Cipher.decrypting."""
        return self._command("decrypt")

    def _command(self, verb: str, *more: str) -> Command:
        argv = [_program(), verb, "--vault-password-file", str(self.password_file), *more, "--output", "-", "-"]
        return Command(argv, _ENVIRONMENT, folder=Path("/"))  # not where an ansible.cfg may be

    def readable(self) -> bool:
        """See Cipher.readable."""
        return True

    def told(self) -> dict[str, Any]:
        """See Cipher.told."""
        return {"method": PROGRAM}


def _program() -> str:
    beside = os.path.join(os.path.dirname(sys.executable), PROGRAM)
    found = shutil.which(PROGRAM) or (beside if os.access(beside, os.X_OK) else None)
    if found is None:
        raise NotThere("the program ansible-vault is missing", advice="install ansible-core on this host")
    return found


def vault_of(password_file: str) -> AnsibleVault:
    """Return the cipher. :raises InputError: the path is not absolute, as the program runs elsewhere."""
    if not os.path.isabs(password_file):
        raise InputError("encryption: vault_password_file: expected an absolute path", on=password_file)
    return AnsibleVault(Path(password_file))
