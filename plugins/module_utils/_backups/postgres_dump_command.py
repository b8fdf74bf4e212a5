# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is asked of pg_dump: format, compression, which schemas and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from . import postgres_dump_compression
from .postgres_dump_compression import Compression
from .postgres_tools import Tools
from .streams import Command

DIRECTORY, CUSTOM = "directory", "custom"
_DEFAULT_JOBS = 2
_INCLUDING = {"schemas": "--schema", "tables": "--table"}
_EXCLUDING = {"exclude_schemas": "--exclude-schema", "exclude_tables": "--exclude-table"}

SPEC = ArgSpec(
    options={
        "format": {"type": "str", "choices": [DIRECTORY, CUSTOM]},
        "jobs": {"type": "int"},
        "compression": {"type": "str"},
        "lock_wait_timeout": {"type": "raw", "default": "5m"},
        **{name: {"type": "list", "elements": "str", "default": []} for name in (*_INCLUDING, *_EXCLUDING)},
    }
)


@dataclass(frozen=True)
class Wish:
    """What the options say, checked before any server is asked.

    :param jobs: connections that read tables. :param lock_wait: seconds to wait for a lock on a table.
    :param filters: patterns of pg_dump by the name of the option, those that were given.
    """

    format: str
    jobs: int
    compression: str | None
    lock_wait: float
    filters: Mapping[str, list[str]]


def wish_of(options: Mapping[str, Any]) -> Wish:
    """Return what ``options``, validated by ``SPEC``, say. :raises InputError: they contradict each other."""
    if options.get("compression"):
        postgres_dump_compression.parsed(options["compression"])
    form = _format(options)
    filters = {name: list(options[name]) for name in (*_INCLUDING, *_EXCLUDING) if options[name]}
    return Wish(
        format=form,
        jobs=_jobs(options, form),
        compression=options.get("compression"),
        lock_wait=seconds_of("lock_wait_timeout", options["lock_wait_timeout"]),
        filters=filters,
    )


def _format(options: Mapping[str, Any]) -> str:
    if not options.get("encryption"):
        return str(options["format"] or DIRECTORY)
    if options["format"] == DIRECTORY:
        raise InputError(
            "format: a directory is written by pg_dump itself and so would be plain on disk",
            advice="use format=custom with encryption",
        )
    return CUSTOM


def _jobs(options: Mapping[str, Any], form: str) -> int:
    jobs = options["jobs"]
    if jobs is not None and jobs < 1:
        raise InputError("jobs must be 1 or more", on=str(jobs))
    if form == CUSTOM and jobs not in (None, 1):
        raise InputError("jobs: only the format directory is written by more than one")
    return int(jobs or _DEFAULT_JOBS) if form == DIRECTORY else 1


@dataclass(frozen=True)
class DumpCommand:
    """pg_dump with all but what one run adds: who logs in, which snapshot."""

    tools: Tools
    wish: Wish
    compression: Compression

    def layout(self) -> dict[str, Any]:
        """Return what the manifest says of how the data are written."""
        filters = {"filters": {name: list(found) for name, found in self.wish.filters.items()}}
        return {
            "format": self.wish.format,
            "compression": str(self.compression),
            "jobs": self.wish.jobs,
            **(filters if self.wish.filters else {}),
        }

    def dump(self, environment: Mapping[str, str], snapshot: str, folder: Path, target: Path | None) -> Command:
        """Return the program that dumps what ``snapshot`` shows.

        :param folder: where it runs. :param target: the folder to write, None for an archive to its stdout.
        """
        argv = [*self._common(), f"--snapshot={snapshot}", self.compression.argument(self.tools)]
        if target is not None:
            # what is written is brought to disk when its checksum is counted
            argv += [f"--jobs={self.wish.jobs}", f"--file={target}", "--no-sync"]
        return self._command(argv, environment, folder)

    def definitions(self, environment: Mapping[str, str], folder: Path | None) -> Command:
        """Return the program that writes an archive of the same tables without their rows to its stdout."""
        argv = [*self._common(CUSTOM), "--schema-only"]
        return self._command(argv, environment, folder)

    def _common(self, form: str = "") -> list[str]:
        argv = [self.tools.path("pg_dump"), f"--format={form or self.wish.format}", "--no-password"]
        argv += [f"--lock-wait-timeout={int(self.wish.lock_wait * 1000)}"]
        for name, switch in {**_INCLUDING, **_EXCLUDING}.items():
            argv += [f"{switch}={pattern}" for pattern in self.wish.filters.get(name, [])]
        if "tables" in self.wish.filters:
            # a pattern such as p* means the server's own tables too, which no dump can restore
            argv += [f"--exclude-table={schema}.*" for schema in ("pg_catalog", "information_schema")]
        # so that a pattern which matches nothing is an error and no empty backup
        return [*argv, "--strict-names"] if self.wish.filters else argv

    @staticmethod
    def _command(argv: list[str], environment: Mapping[str, str], folder: Path | None) -> Command:
        return Command(argv, environment={**environment, "LC_ALL": "C"}, folder=folder)
