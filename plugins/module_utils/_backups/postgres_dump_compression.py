# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How a dump is compressed: as asked for, or the fastest that the programs can and that packs well."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.command import run
from .._core.errors import InputError, NotThere
from .postgres_tools import Tools

_SHAPE = re.compile(r"(?P<method>none|gzip|lz4|zstd)(:(?P<level>\d+))?\Z")
_LEVELS = {"gzip": 9, "lz4": 12, "zstd": 22}
# Before this version pg_dump knew gzip only, by its level.
_METHODS_SINCE = 16
_PROBE_TIMEOUT = 20.0


@dataclass(frozen=True)
class Compression:
    """A method of pg_dump and its level, None for the method's own choice."""

    method: str
    level: int | None = None

    def __str__(self) -> str:
        return self.method if self.level is None else f"{self.method}:{self.level}"

    def argument(self, tools: Tools) -> str:
        """Return the argument for pg_dump."""
        if tools.major >= _METHODS_SINCE:
            return f"--compress={self}"
        level = 0 if self.method == "none" else self.level
        return f"--compress={6 if level is None else level}"


def parsed(text: str) -> Compression:
    """Return what the option says.

    :raises InputError: it is no method with a level that it has.
    """
    match = _SHAPE.match(text)
    if match is None:
        raise InputError("compression: expected none, gzip, lz4 or zstd, with a level as zstd:1", on=text)
    level = None if match["level"] is None else int(match["level"])
    if level is not None and not 1 <= level <= _LEVELS.get(match["method"], 0):
        most = _LEVELS.get(match["method"])
        raise InputError(f"compression: expected a level of 1 to {most}" if most else "compression: none has no level")
    return Compression(match["method"], level)


def chosen(wanted: str | None, tools: Tools) -> tuple[Compression, list[str]]:
    """Return how to compress, and warnings.

    :param wanted: the option, None for the best that these programs can.
    :raises InputError: it is none that can be. :raises NotThere: the programs cannot do what was asked for.
    """
    if wanted is not None:
        compression = parsed(wanted)
        if not _can(compression.method, tools):
            raise NotThere(
                f"pg_dump {tools.text} cannot compress by {compression.method}",
                on=str(tools.folder),
                advice="name another compression, or programs that can by bin_dir",
            )
        return compression, []
    if _can("zstd", tools):
        return Compression("zstd", 1), []
    slow = f"pg_dump {tools.text} in {tools.folder} cannot compress by zstd; gzip:1 is used, which is slower"
    return Compression("gzip", 1), [slow]


def _can(method: str, tools: Tools) -> bool:
    """Tell whether pg_dump can; it says so before it looks for a server, and there is none where it is sent."""
    if method in ("none", "gzip"):
        return True
    if tools.major < _METHODS_SINCE:
        return False
    argv = [tools.path("pg_dump"), "--format=custom", f"--compress={method}", "--no-password"]
    nowhere = {"PGHOST": str(tools.folder / "nowhere"), "PGHOSTADDR": "", "LC_ALL": "C"}
    said = run(argv, _PROBE_TIMEOUT, nowhere, expect_status=None).stderr
    return "not support" not in said
