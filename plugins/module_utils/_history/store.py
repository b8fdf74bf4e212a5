# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The runs of each host, in a small file of its own on the controller; the oldest are forgotten."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._core.errors import OpsError
from .._core.files import exclusive, read_json, write_json
from .._core.names import service_name
from .run import DAMAGED, Run

FORMAT = 1
_PATIENCE = 10.0  # seconds to wait for another play that writes the same host's history


def folder_of(state_dir: str, service: str) -> Path:
    """Return the folder that holds the histories of a service's hosts.

    :raises InputError: the service's name is not fit to be a folder's.
    """
    return Path(state_dir).expanduser().absolute() / service_name(service) / "history"


def file_of(folder: Path, host: str) -> Path:
    """Return the file of a host; a name may hold what a file's may not."""
    return folder / f"{quote(host, safe='')}.json"


def read(folder: Path, host: str) -> list[Run]:
    """Return the runs of ``host``, oldest first; none when nothing was recorded yet.

    :raises OpsError: the file is damaged, cannot be read, or is of another format.
    """
    path = file_of(folder, host)
    if not path.exists():
        return []
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("runs"), list):
        raise OpsError("the file is no history of checks", on=str(path))
    if content.get("format") != FORMAT:
        raise OpsError(
            f"the history has format {content.get('format')!r}, expected {FORMAT}",
            on=str(path),
            advice="a newer release of day2.ops wrote it",
        )
    return list(content["runs"])


def read_or_damage(folder: Path, host: str) -> list[Run]:
    """Return as :func:`read` does; what cannot be read as one entry with the reason, which makes rules unknown."""
    try:
        return read(folder, host)
    except OpsError as error:
        return [{DAMAGED: str(error)}]


def append(folder: Path, host: str, run: Mapping[str, Any], keep: int) -> str:
    """Add ``run`` to the history of ``host`` and forget all but the last ``keep``.

    A damaged file is put aside, never lost, and a new one begun. Returns a line about that, else nothing.

    :raises OpsError: the folder or file cannot be made or written. :raises Unreachable: another play holds it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(folder)) from error
    told = ""
    with exclusive(folder / ".lock", _PATIENCE):
        try:
            runs = read(folder, host)
        except OpsError as error:
            told = f"{error}; put aside as {_put_aside(file_of(folder, host))}, a new history begins"
            runs = []
        write_json(file_of(folder, host), {"format": FORMAT, "runs": [*runs, dict(run)][-keep:]})
    return told


def _put_aside(path: Path) -> str:
    """Rename a damaged file and return its new name."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    try:
        os.replace(path, aside)
    except OSError as error:
        raise OpsError(f"cannot put the damaged file aside ({error.strerror})", on=str(path)) from error
    return aside.name
