# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Running pg_restore: all of a backup, or some schemas of it, into a database that is there and empty."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._core.errors import InputError, NotThere, OpsError
from .manifest import Manifest
from .opened import Opened
from .postgres_tools import Tools, conninfo, find_tools, login, version_text
from .streams import Command, run_chain

DUMP = "dump"
# What pg_restore sets on each connection since 17, and servers before 17 do not know.
_UNKNOWN_SETTING = "transaction_timeout"
_SETS_IT_SINCE = 17
_STATISTICS_SINCE = 18
_EXTENSION = re.compile(r'extension (?:control file )?"(?P<name>[^"]+)"')
_ROLE = re.compile(r'role "(?P<name>[^"]+)" does not exist')
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Wanted:
    """How a backup is restored.

    :param folder: a passing one, in which the programs run. :param server_version: ``server_version_num``.
    :param owners: whether owners and privileges are restored; their roles must be there.
    :param schemas: none for all. :param leave_out: more options of pg_restore.
    """

    folder: Path
    server_version: int
    jobs: int = 1
    single_transaction: bool = False
    owners: bool = True
    schemas: Sequence[str] = ()
    exclude_schemas: Sequence[str] = ()
    leave_out: Sequence[str] = ()


def source_version(manifest: Manifest) -> int:
    """Return the ``server_version_num`` of the server that was backed up; 0 if unknown."""
    number = manifest.facts.get("server_version_num") or manifest.server.get("server_version_num") or 0
    return int(number)


def tools_for(backup: Opened, options: Mapping[str, Any], server_version: int, ask: Sequence[str]) -> Tools:
    """Return programs that can read the backup and know the server.

    :param options: with ``bin_dir``. :param server_version: of the server that it is restored into.
    :raises NotThere: there are none on this host.
    """
    match = _VERSION.search(str(backup.manifest.tools.get("pg_dump", "")))
    made_by = int(match[1]) * 10000 if match else 0
    bin_dir = options.get("bin_dir") or backup.bin_dir
    return find_tools({"bin_dir": bin_dir}, max(server_version, made_by), ask)


def require_not_older(manifest: Manifest, server_version: int, on: str) -> None:
    """Refuse to restore what a newer server held. :raises OpsError: so."""
    if source_version(manifest) // 10000 > server_version // 10000:
        raise OpsError(
            f"the backup is of PostgreSQL {version_text(source_version(manifest))},"
            f" the server is {version_text(server_version)}, which is older",
            on=on,
            advice="restore it into a server of the same major version or a newer one",
        )


def restore(backup: Opened, tools: Tools, options: Mapping[str, Any], wanted: Wanted) -> None:
    """Restore the backup into the database that ``options``, validated by postgres_connection.SPEC, log into.

    The first error ends it.

    :raises InputError: the way that was asked for cannot be gone. :raises NotThere: the server lacks an extension.
    :raises OpsError: pg_restore's error.
    """
    jobs = _jobs(backup, wanted)
    old_server = tools.major >= _SETS_IT_SINCE > wanted.server_version // 10000
    if old_server and wanted.single_transaction:
        raise InputError(
            f"single_transaction: pg_restore {tools.text} cannot do so in PostgreSQL"
            f" {version_text(wanted.server_version)}",
            advice="leave it out; the database is replaced as a whole anyway",
        )
    argv = [tools.path("pg_restore"), f"--dbname={conninfo(options['login_db'])}", "--no-password"]
    argv += _switches(tools, wanted, jobs)
    if not old_server:
        argv.append("--exit-on-error")
    with login(options, wanted.folder, tools) as environment:
        command = Command(
            argv,
            environment={**environment, "LC_ALL": "C"},
            folder=wanted.folder,
            harmless=_UNKNOWN_SETTING if old_server else "",
        )
        try:
            _run(backup, command)
        except OpsError as error:
            raise _explained(error) from error


def _jobs(backup: Opened, wanted: Wanted) -> int:
    """Return how many connections restore; a stream, and one transaction, have one."""
    return 1 if backup.encrypted or wanted.single_transaction else wanted.jobs


def _switches(tools: Tools, wanted: Wanted, jobs: int) -> list[str]:
    argv = [f"--jobs={jobs}"] if jobs > 1 else []
    if wanted.single_transaction:
        argv.append("--single-transaction")
    if not wanted.owners:
        argv += ["--no-owner", "--no-privileges"]
    if tools.major >= _STATISTICS_SINCE > wanted.server_version // 10000:
        argv.append("--no-statistics")
    argv += [f"--schema={name}" for name in wanted.schemas]
    argv += [f"--exclude-schema={name}" for name in wanted.exclude_schemas]
    return [*argv, *wanted.leave_out]


def _run(backup: Opened, command: Command) -> None:
    if backup.encrypted:
        backup.feed(DUMP, [command])
        return
    directory = backup.manifest.layout.get("format") == "directory"
    path = backup.folder / DUMP if directory else backup.path(DUMP)
    run_chain([replace(command, argv=[*command.argv, str(path)])], backup.timeout)


def _explained(error: OpsError) -> OpsError:
    """Return the error, with what to do where that is plain."""
    said = error.advice
    role, extension = _ROLE.search(said), _EXTENSION.search(said)
    if role is not None:
        return NotThere(
            f'the role "{role["name"]}" is not on the server',
            advice="make it, or leave owners and privileges out",
            **error.details,
        )
    if extension is not None and ("not available" in said or "control file" in said):
        return NotThere(
            f'the server lacks the extension "{extension["name"]}"',
            advice="install its package where the server runs",
            **error.details,
        )
    return error
