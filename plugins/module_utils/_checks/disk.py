# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind disk: room and inodes of the file system that holds a path. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, NotThere, OpsError
from .base import Condition, Context, Options, Values
from .limits import BYTES, PERCENT, Limit, limit_conditions, limits_spec

LIMITS = (
    Limit("max_used_percent", PERCENT, "used_percent", unit="%"),
    Limit("min_free_bytes", BYTES, "free_bytes", "ge", "bytes"),
    Limit("max_inodes_percent", PERCENT, "inodes_percent", unit="%", null_means="this file system counts no inodes"),
)
# What holds when the check names no limit of its own.
DEFAULT_LIMITS = {"max_used_percent": 90.0}

SPEC = ArgSpec(
    options={
        "path": {"type": "path", "required": True},
        "must_be_mount": {"type": "bool", "default": False},
    }
) + limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ()


def probe(options: Options, _context: Context) -> Values:
    """Return used_percent as df does (root's reserve counts as used), free_bytes, total_bytes, inodes_percent.

    A hanging network file system hangs this call; the gate's time limit ends the wait for it.

    :raises NotThere: no such path. :raises OpsError: nothing is mounted there and something should be.
    """
    path = str(options["path"])
    try:
        room = os.statvfs(path)
        mounted = os.path.ismount(path)
    except PermissionError as error:
        raise AccessDenied("cannot look at the file system (permission denied)", on=path) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotThere("the path does not exist", on=path) from error
    except OSError as error:
        raise OpsError(f"cannot look at the file system ({error.strerror})", on=path) from error
    if options["must_be_mount"] and not mounted:
        raise OpsError("nothing is mounted there", on=path, advice="the file system of its parent folder would answer")
    return {
        "path": path,
        "mounted": mounted,
        "used_percent": _percent(room.f_blocks - room.f_bfree, room.f_bavail),
        "free_bytes": room.f_bavail * room.f_frsize,
        "total_bytes": room.f_blocks * room.f_frsize,
        "inodes_percent": _percent(room.f_files - room.f_ffree, room.f_favail) if room.f_files else None,
    }


def _percent(used: int, free: int) -> float:
    """Return the used share of what an ordinary user could use."""
    return round(100 * used / (used + free), 2) if used + free else 100.0


def conditions(options: Options) -> list[Condition]:
    """Hold the limits given, or else ``DEFAULT_LIMITS``."""
    return limit_conditions(LIMITS, options) or limit_conditions(LIMITS, DEFAULT_LIMITS)
