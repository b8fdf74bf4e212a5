# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The program ``day2-backup`` as one file: the library of the collection as it came with a module, ready to be started.

Ansible brings each module in an archive with all that the module imports. The program is made of the archive of the
module that installs it, so what a schedule runs is what the modules run, byte for byte, and the host needs no Ansible.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from .._core import argspec
from .._core.errors import InputError, OpsError

_OURS = ("ansible/", "ansible_collections/")
_LONGEST_SHEBANG = 127  # what each Linux takes
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that an archive can tell; the same for all, so that the same code is the same file
_MAIN = """\
import sys
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled import main

sys.exit(main({config_dir}))
"""


def our_archive() -> Path:
    """Return the archive from which Python imported this library.

    :raises OpsError: it was imported from a folder, as when a module is debugged.
    """
    archive = getattr(argspec.__spec__.loader, "archive", None)
    if archive is None:
        raise OpsError("the module was not started by Ansible in the usual way, so the program cannot be made of it")
    return Path(archive)


def program(archive: Path, interpreter: str, config_dir: str) -> bytes:
    """Return the program, of the library in ``archive``.

    :param interpreter: the Python that is to run it. :param config_dir: where it looks for jobs.
    :raises InputError: the interpreter's path cannot be in the first line of a program.
    :raises OpsError: the archive cannot be read.
    """
    first = f"#!{interpreter} -I\n".encode()
    if len(first) > _LONGEST_SHEBANG or any(letter.isspace() for letter in interpreter):
        raise InputError("the interpreter's path is too long or has blanks", on=interpreter)
    written = io.BytesIO()
    written.write(first)
    try:
        with zipfile.ZipFile(archive) as source, zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as target:
            for name in sorted({name for name in source.namelist() if name.startswith(_OURS)}):
                target.writestr(_entry(name), source.read(name))
            target.writestr(_entry("__main__.py"), _MAIN.format(config_dir=json.dumps(config_dir)))
    except (OSError, zipfile.BadZipFile) as error:
        raise OpsError(f"the library cannot be read ({error})", on=str(archive)) from error
    return written.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def same_program(old: bytes, new: bytes) -> bool:
    """Tell whether two programs do the same: their first lines and what is in them, however it is packed."""
    return old == new or (_first_line(old) == _first_line(new) and _contents(old) == _contents(new))


def _first_line(data: bytes) -> bytes:
    return data.partition(b"\n")[0]


def _contents(data: bytes) -> dict[str, int] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {entry.filename: entry.CRC for entry in archive.infolist()}
    except zipfile.BadZipFile:
        return None
