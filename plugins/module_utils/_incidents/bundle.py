# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The evidence of an incident: a tar with a folder for each run, for its owner alone, without secrets.

An archive grows by being written anew beside itself and put in its place: it is whole at any moment.
"""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._core.errors import InputError, OpsError
from .._core.files import fsync_folder
from .._core.masking import MASK, masked
from .._core.secrets import is_secret_name

MODE = 0o600
_LARGEST = 20 << 20  # bytes of a file that is taken
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,100}")
_SHORTEST = 4  # letters of a secret: to replace shorter ones would garble every text


def render(piece: Mapping[str, Any], secrets: Iterable[str]) -> bytes:
    """Return the bytes of a piece: its ``text``, its ``content`` as JSON, or what its ``file`` holds, masked.

    :raises OpsError: the file cannot be read, or is too large.
    """
    if piece.get("file"):
        text = _read(Path(piece["file"]).expanduser())
    elif piece.get("text") is not None:
        text = str(piece["text"])
    else:
        text = json.dumps(without_secrets(piece.get("content")), indent=2, sort_keys=True, default=str)
    return _cleaned(text, secrets).encode()


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise OpsError(f"the file has more than {_LARGEST >> 20} MiB", on=str(path))
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise OpsError(f"the file cannot be read ({error.strerror})", on=str(path)) from error
    if path.suffix == ".json":
        try:
            return json.dumps(without_secrets(json.loads(text)), indent=2, sort_keys=True)
        except ValueError:
            return text
    return text


def without_secrets(value: Any) -> Any:
    """Return a value with what stands under the name of a secret masked."""
    if isinstance(value, Mapping):
        return {
            name: MASK if is_secret_name(str(name)) and isinstance(inner, (str, int)) else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(inner) for inner in value]
    return value


def _cleaned(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted({one for one in secrets if len(one) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, MASK)
        text = text.replace(json.dumps(secret)[1:-1], MASK)
    return masked(text)


def check_names(names: Sequence[str]) -> None:
    """:raises InputError: a piece's name is no name of a file, or there twice."""
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise InputError("not a usable name of a piece", on=wrong, advice="expected one such as checks.json")
    if len({*names}) < len(names):
        raise InputError("two pieces have one name", on=", ".join(sorted(names)))


def append(path: Path, folder: str, pieces: Mapping[str, bytes], now: float) -> None:
    """Add pieces under ``folder`` to the archive at ``path``, made if needed.

    :raises OpsError: it cannot be read or written; the old one is then untouched.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), MODE)
            with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
                if path.exists():
                    _copy(path, archive)
                for name, content in pieces.items():
                    archive.addfile(_member(f"{folder}/{name}", len(content), now), io.BytesIO(content))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        fsync_folder(path.parent)
    except (OSError, tarfile.TarError) as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise OpsError(
            f"cannot write the evidence ({getattr(error, 'strerror', '') or error})", on=str(path)
        ) from error


def _copy(path: Path, archive: tarfile.TarFile) -> None:
    with tarfile.open(path, mode="r:") as old:
        for member in old:
            if member.isfile():
                archive.addfile(member, old.extractfile(member))


def _member(name: str, size: int, now: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, MODE, int(now)
    return member
