# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters of a folder as records of an archive: whole, and under their own names again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import InputError, OpsError
from .archive_records import coded, decoded, reading_records
from .directory_files import read_file, refuse_unwritable, write_file
from .directory_moves import move, sync_folder
from .directory_scan import OWN_PREFIX, explained
from .letters import Letter

# An archive holds bodies whole.
_MOST_RECORD = 64 << 20


def record_of(folder: str, letter: Letter) -> dict[str, Any]:
    """Return the record of a letter that was found in the folder. A name that is no UTF-8 has its bytes beside the id.

    :raises OpsError: a file that cannot be read, or has more than 64 MiB.
    """
    name = letter.handle.name
    path = os.path.join(folder, name)
    body, fault, _since = read_file(path, _MOST_RECORD)
    if body is None:
        raise OpsError(f"the letter cannot be archived: {fault}", on=path)
    return {
        "id": letter.id,
        **({} if name == letter.id else {"name": coded(os.fsencode(name))}),
        "body": coded(body),
        "written": letter.handle.written,
        "error": letter.error,
    }


def restore(folder: str, suffix: str, records: Sequence[Mapping[str, Any]]) -> int:
    """Write the letters of the records that are not in the folder, and return how many.

    :param suffix: makes of a letter's name that of the file that tells why it died; empty when there are none.
    :raises InputError: a record that is none of a folder, or leads out of it. :raises OpsError: it cannot be written.
    """
    letters = [_restorable(record) for record in records]
    refuse_unwritable(folder)
    try:
        added = sum(_put(folder, suffix, *letter) for letter in letters)
        sync_folder(folder)
    except OSError as error:
        raise explained(error, "put back a letter", folder) from error
    return added


def _put(folder: str, suffix: str, name: str, body: bytes, written: int, error: str | None) -> bool:
    path = os.path.join(folder, name)
    if os.path.lexists(path):
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    hidden = os.path.join(os.path.dirname(path), f"{OWN_PREFIX}restore.{os.path.basename(path)}")
    write_file(hidden, body, written)
    if suffix and error:
        write_file(path + suffix, error.encode(), written)
    try:
        move(hidden, path)
    except FileExistsError:
        os.unlink(hidden)
        return False
    return True


def _restorable(record: Mapping[str, Any]) -> tuple[str, bytes, int, str | None]:
    with reading_records("a directory", "id, body and written"):
        name = os.fsdecode(decoded(record["name"])) if "name" in record else str(record["id"])
        body, written = decoded(record["body"]), int(record["written"])
    if os.path.isabs(name) or ".." in name.split("/") or not name or "\0" in name:
        raise InputError("a record of the archive names a file outside the folder", on=name)
    return name, body, written, record.get("error")
