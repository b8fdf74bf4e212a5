# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup that is read: its files as streams, decrypted on the way if they are encrypted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .._core.errors import InputError, OpsError
from .cipher import Cipher
from .manifest import Manifest
from .streams import Command, chain, run_chain


@dataclass(frozen=True)
class Opened:
    """A backup at hand on this host.

    :param folder: where its files are. :param manifest: what it says. :param cipher: to read it with, if one was given.
    :param timeout: seconds that one chain of programs may take. :param bin_dir: the folder of the programs to read it
        with, None for where they are found. :param warnings: what people should know of how it was chosen.
    """

    folder: Path
    manifest: Manifest
    cipher: Cipher | None
    timeout: float
    bin_dir: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Tell whether its files are encrypted."""
        return bool(self.manifest.layout.get("encryption"))

    def readable(self) -> bool:
        """Tell whether its data can be read with what was given."""
        return not self.encrypted or (self.cipher is not None and self.cipher.readable())

    def path(self, name: str) -> Path:
        """Return where the file ``name`` (without a cipher's suffix) is.

        :raises OpsError: the backup has none. :raises InputError: it is encrypted in a way that was not given.
        """
        self._require_cipher()
        names = {file.path for file in self.manifest.files}
        written = [one for one in (name, *self._encrypted_names(name)) if one in names]
        if not written:
            raise OpsError(f"the backup has no {name}", on=str(self.folder))
        return self.folder / written[0]

    def _encrypted_names(self, name: str) -> tuple[str, ...]:
        return () if self.cipher is None else (name + self.cipher.suffix,)

    def feed(self, name: str, commands: Sequence[Command]) -> None:
        """Run ``commands``, the first of which reads the data of the file ``name``; its output is thrown away.

        :raises OpsError: see :func:`chain`.
        """
        with self._file(name) as file:
            run_chain([*self._decrypting(), *commands], self.timeout, stdin=file)

    @contextmanager
    def reading(self, name: str, commands: Sequence[Command] = ()) -> Iterator[IO[bytes]]:
        """Give the data of the file ``name``, as ``commands`` write them; read them to their end."""
        stages = [*self._decrypting(), *commands]
        with self._file(name) as file:
            if not stages:
                yield file
                return
            with chain(stages, self.timeout, stdin=file, stdout=subprocess.PIPE) as running:
                yield running.stdout

    def _decrypting(self) -> list[Command]:
        cipher = self._require_cipher()
        return [] if cipher is None else [cipher.decrypting()]

    def _require_cipher(self) -> Cipher | None:
        """Return what decrypts the backup, None for one that is plain."""
        if not self.encrypted:
            return None
        method = self.manifest.layout["encryption"].get("method")
        if self.cipher is None:
            raise InputError(f"the backup is encrypted with {method}", on=str(self.folder), advice="give encryption")
        if self.cipher.told()["method"] != method:
            raise InputError(
                f"the backup is encrypted with {method}, not {self.cipher.told()['method']}", on=str(self.folder)
            )
        return self.cipher

    @contextmanager
    def _file(self, name: str) -> Iterator[IO[bytes]]:
        path = self.path(name)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise OpsError(f"cannot read the file ({error.strerror})", on=str(path)) from error
        with os.fdopen(handle, "rb") as file:
            yield file
