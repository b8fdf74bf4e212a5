# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The programs of Redis and Valkey on this host: the server, for a scratch server, and what checks an RDB file."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from .._core.command import run
from .._core.errors import InputError, NotThere
from .leftovers import passing_folder

_REDIS = ("redis-server", "valkey-server")
_CHECKS = {"redis-server": "redis-check-rdb", "valkey-server": "valkey-check-rdb"}
_VERSION = re.compile(r"v=(\d+)\.(\d+)")
PREFIX = ".day2-redis-"


@dataclass(frozen=True)
class Program:
    """A server's program. :param version: major and minor. :param told: as it says itself."""

    path: str
    version: tuple[int, int]
    told: str


def look_first_in(folder: object) -> None:
    """Have programs looked for in ``folder`` first, by all that this process runs. :raises InputError: no such folder.

    :param folder: the option ``bin_dir``; None changes nothing.
    """
    if not folder:
        return
    if not os.path.isdir(str(folder)):
        raise InputError("bin_dir: no such folder", on=str(folder))
    parts = [str(folder), *os.environ.get("PATH", "").split(os.pathsep)]
    os.environ["PATH"] = os.pathsep.join(dict.fromkeys(parts))


def server_program(magic: str = "") -> Program:
    """Return the program of a server that reads files that begin with ``magic``, as far as that can be told before.

    :raises NotThere: there is none.
    """
    names = reversed(_REDIS) if magic.startswith("VALKEY") else _REDIS
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise NotThere(
            "no redis-server and no valkey-server on this host",
            advice="install one (it need not run), give bin_dir, or verify to L1",
        )
    told = run([found, "--version"], 10.0).stdout.strip()
    match = _VERSION.search(told)
    return Program(found, (int(match[1]), int(match[2])) if match else (0, 0), told.partition(" sha=")[0])


@contextmanager
def check_program(magic: str = "") -> Iterator[str]:
    """Give the path of a program that checks an RDB file.

    A server that is called by the name of that program is it; for those hosts that lack the name.

    :raises NotThere: there is none.
    """
    valkey = magic.startswith("VALKEY")
    names = sorted(_CHECKS.values(), reverse=valkey)
    found = next(filter(None, map(shutil.which, names)), None)
    if found and not (valkey and "valkey" not in os.path.basename(found)):
        yield found
        return
    server = server_program(magic)
    with passing_folder(Path(gettempdir()), PREFIX) as folder:
        link = folder / "redis-check-rdb"
        link.symlink_to(server.path)
        yield str(link)
