# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is a file which a proxy reads: nginx, HAProxy, a firewall's rules; checked and reloaded.

While the ingress is closed the file has other content; what it had before stands beside it, and is put back as it was.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import InputError, NotThere, OpsError
from .._core.files import atomic_write, fsync_folder
from . import outside
from .base import CLOSED, OPEN, Options
from .outside import seen_from_outside

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

SPEC = (
    ArgSpec(
        options={
            "path": {"type": "path", "required": True},
            "closed_content": {"type": "str", "required": True},
            "check": {"type": "list", "elements": "str", "default": []},
            "reload": {"type": "list", "elements": "str", "required": True},
            "command_timeout": {"type": "float", "default": 30.0},
        }
    )
    + outside.SPEC
)
# Beside the file; patterns such as *.conf do not take it in.
_ASIDE = ".day2-open"
_ABSENT = ".day2-absent"
_MODE = 0o644


def position(options: Options) -> str:
    """Look at the file. :raises OpsError: it cannot be read, or its folder is not there."""
    return CLOSED if content(options) == options["closed_content"] else OPEN


def content(options: Options) -> str | None:
    """Return what the file holds; None when it is not there. Raises as :func:`position`."""
    path = _path(options)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise NotThere("no such folder", on=str(path.parent), advice="see switch: path") from None
        return None
    except (OSError, ValueError) as error:
        raise OpsError(
            f"cannot read the file ({getattr(error, 'strerror', None) or 'not text'})", on=str(path)
        ) from error


def turn(options: Options, state: str) -> None:
    """Write the file, have the proxy check it, reload. :raises OpsError: one fails; the file is as before then."""
    if not options["reload"]:
        raise InputError("switch: reload is empty", advice="expected a program and its arguments")
    replace(options, state)


def replace(options: Options, state: str) -> None:
    """Do so, also where nothing needs to be reloaded. Raises as :func:`turn`."""
    path = _path(options)
    before = position(options)
    _write(options, path, state)
    try:
        _run(options, "check")
        _run(options, "reload")
    except OpsError:
        _write(options, path, before)
        # the proxy may have taken the new one before it failed
        with suppress(OpsError):
            _run(options, "reload")
        _tidy(path, before)
        raise
    _tidy(path, state)


def _tidy(path: Path, state: str) -> None:
    """Remove what was kept aside, unless it is still to be put back."""
    for name in (_ASIDE, _ABSENT) if state == OPEN else ():
        _beside(path, name).unlink(missing_ok=True)


def _path(options: Options) -> Path:
    path = Path(options["path"])
    if not path.is_absolute():
        raise InputError("switch: path is not absolute", on=str(path))
    return path


def _beside(path: Path, name: str) -> Path:
    return path.with_name(path.name + name)


def _run(options: Options, name: str) -> None:
    if options[name]:
        run(options[name], options["command_timeout"])


def _write(options: Options, path: Path, state: str) -> None:
    """Bring the file to that position; nothing is done when it has it."""
    if position(options) == state:
        return
    try:
        if state == CLOSED:
            _close(path, options["closed_content"])
        else:
            _open(path)
    except OSError as error:
        raise OpsError(f"cannot write the file ({error.strerror})", on=str(path)) from error


def _close(path: Path, content: str) -> None:
    """Keep what is there aside, owner and mode as well, and write ``content``."""
    mode = _MODE
    if path.exists():
        _copy(path, _beside(path, _ASIDE))
        mode = path.stat().st_mode & 0o777
    else:
        atomic_write(_beside(path, _ABSENT), b"")
        _beside(path, _ASIDE).unlink(missing_ok=True)  # of an earlier time: it was written anew meanwhile
    atomic_write(path, content.encode(), mode)
    if _beside(path, _ASIDE).exists():
        _same_owner(_beside(path, _ASIDE), path)


def _open(path: Path) -> None:
    """Put back what was there. :raises OpsError: nobody knows what that was."""
    if _beside(path, _ASIDE).exists():
        _copy(_beside(path, _ASIDE), path)
    elif _beside(path, _ABSENT).exists():
        path.unlink()
        fsync_folder(path.parent)
    else:
        raise OpsError(
            "the ingress was closed by somebody else: what the file held before is not known",
            on=str(path),
            advice=f"write it, or put it into {_beside(path, _ASIDE)}",
        )


def _copy(source: Path, target: Path) -> None:
    atomic_write(target, source.read_bytes(), source.stat().st_mode & 0o777)
    _same_owner(source, target)


def _same_owner(source: Path, target: Path) -> None:
    status = source.stat()
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid)
