# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the servers run as: Postgres refuses root, so root hands them to an account without rights."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError


@dataclass(frozen=True)
class Account:
    """The user and group numbers that servers get."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the unprivileged account for servers when we are root, else None: servers run as we do."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise LabError("the lab runs as root, and there is no user 'nobody' to run the servers: add it") from error
    return Account(entry.pw_uid, entry.pw_gid)


def give(path: Path, account: Account | None, mode: int) -> None:
    """Hand a file or folder to the account, with the mode."""
    path.chmod(mode)
    if account:
        os.chown(path, account.uid, account.gid)


def reachable_by_others(path: Path) -> bool:
    """Tell whether an account without rights may walk to the path and read it (modes only)."""
    resolved = path.resolve()
    walkable = all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)
    return walkable and bool(resolved.stat().st_mode & stat.S_IROTH)


def walkable_by_others(folder: Path) -> bool:
    """Tell whether an account without rights may walk through the folder to something below it."""
    resolved = folder.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (resolved, *resolved.parents))
