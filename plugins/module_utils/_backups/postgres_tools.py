# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""PostgreSQL's own programs: where they are, of which version, and how they log in without a password in sight."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import InputError, NotThere, OpsError
from .._core.memory_file import MemoryFile
from .._core.postgres_connection import ssl_mode
from .._core.secrets import resolve

SPEC = ArgSpec(options={"bin_dir": {"type": "path"}})

# Debian's packages and those of postgresql.org; they come before PATH, in which Debian has a wrapper in Perl.
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_VERSION = re.compile(r"\)\s+(\d+)(?:\.(\d+))?")
_VERSION_TIMEOUT = 20.0
_SYSTEM_ROOTS_SINCE = 160000


@dataclass(frozen=True)
class Tools:
    """Programs of one version in one folder.

    :param version: as the server tells its own in ``server_version_num``: 180006 is 18.6.
    """

    folder: Path
    version: int

    @property
    def major(self) -> int:
        """The number that is told from others by what it can: 18."""
        return self.version // 10000

    @property
    def text(self) -> str:
        """The version as people write it: ``18.6``."""
        return version_text(self.version)

    def path(self, program: str) -> str:
        """Return the full path of a program."""
        return str(self.folder / program)


def version_text(number: int) -> str:
    """Return a ``server_version_num`` as people write it: ``18.6``."""
    return f"{number // 10000}.{number % 10000}"


def find_tools(options: Mapping[str, Any], at_least: int, ask: Sequence[str]) -> Tools:
    """Return the newest programs on this host that are all there and not older than the server.

    :param options: validated by ``SPEC``; with ``bin_dir`` no other folder is looked at.
    :param at_least: the server's ``server_version_num``, of which only the major number counts; 0 for any.
    :param ask: the programs that are needed, at least one.
    :raises NotThere: there are none, or they are too old.
    """
    found = [tools for tools in (_in_folder(folder, ask) for folder in _folders(options)) if tools]
    fit = [tools for tools in found if tools.major >= at_least // 10000]
    if fit:
        return max(fit, key=_version)
    wanted = ", ".join(ask)
    if not found:
        raise NotThere(
            f"no folder with the programs {wanted}",
            on=str(options.get("bin_dir") or ""),
            advice="install PostgreSQL's client programs, or name their folder by bin_dir",
        )
    newest = max(found, key=_version)
    raise NotThere(
        f"the programs {wanted} are of version {newest.text}, older than the server's {version_text(at_least)}",
        on=str(newest.folder),
        advice=f"install those of PostgreSQL {at_least // 10000} or newer, or name their folder by bin_dir",
    )


def tools_of(options: Mapping[str, Any], major: int, ask: Sequence[str]) -> Tools:
    """Return the newest programs of just that major version: a server reads the files of no other.

    Parameters as of :func:`find_tools`. :raises NotThere: there are none.
    """
    found = [tools for tools in (_in_folder(folder, ask) for folder in _folders(options)) if tools]
    fit = [tools for tools in found if tools.major == major]
    if not fit:
        raise NotThere(
            f"no folder with the programs {', '.join(ask)} of PostgreSQL {major}",
            on=str(options.get("bin_dir") or ""),
            advice=f"install the server of PostgreSQL {major}, or name its folder by bin_dir",
        )
    return max(fit, key=_version)


def default_name(options: Mapping[str, Any]) -> str:
    """Return the name of the catalogue for a database, when none is given: server and database."""
    host = "local" if options.get("login_unix_socket") else options["login_host"]
    return f"postgres-{host}-{options['login_port']}-{options['login_db']}"


def conninfo(database: str) -> str:
    """Return a database's name as a connection string, so that none such as ``a=b`` is taken for one."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


def _version(tools: Tools) -> int:
    return tools.version


def _folders(options: Mapping[str, Any]) -> list[Path]:
    if options.get("bin_dir"):
        return [Path(str(options["bin_dir"]))]
    installed = [folder for pattern in _PLACES for folder in sorted(glob(pattern))]
    return [Path(folder) for folder in [*installed, *os.get_exec_path()] if os.path.isabs(folder)]


def _in_folder(folder: Path, ask: Sequence[str]) -> Tools | None:
    if not all(os.access(folder / program, os.X_OK) for program in ask):
        return None
    try:
        said = run([str(folder / ask[0]), "--version"], _VERSION_TIMEOUT).stdout
    except OpsError:
        return None
    match = _VERSION.search(said)
    return Tools(folder, int(match[1]) * 10000 + int(match[2] or 0)) if match else None


@contextmanager
def login(options: Mapping[str, Any], folder: Path, tools: Tools | None = None) -> Iterator[Mapping[str, str]]:
    """Give the environment with which PostgreSQL's programs log in as ``connect`` does with these options.

    The database is named there too, so that no program takes an odd name for something else. A password is in a file
    that is ours alone, in memory where the system has such files, and gone at the end of the block.

    :param options: validated by ``postgres_connection.SPEC``. :param folder: ours alone, and removed at the end.
    :param tools: the programs, None for those of 16 or newer.
    :raises InputError: the password cannot be written into such a file.
    """
    environment = {**_address(options), **_tls(options, tools is None or tools.version >= _SYSTEM_ROOTS_SINCE)}
    password = resolve(options, "login_password")
    if password is None:
        yield environment
        return
    with _private_file(_passfile(password), folder) as passfile:
        # libpq takes PGPASSWORD before the file; an empty one is none.
        override = {"PGPASSWORD": ""} if os.environ.get("PGPASSWORD") else {}
        yield {**environment, **override, "PGPASSFILE": passfile}


@contextmanager
def _private_file(content: bytes, folder: Path) -> Iterator[str]:
    """Give the path of a file with mode 0600, gone at the end."""
    if MemoryFile.possible():
        file = MemoryFile(content)
        os.chmod(file.path, 0o600)  # libpq refuses one that others may read
        yield file.path.replace("/self/", f"/{os.getpid()}/")
        return
    handle, path = tempfile.mkstemp(prefix="pgpass-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        yield path
    finally:
        os.unlink(path)


def _address(options: Mapping[str, Any]) -> dict[str, str]:
    return {
        "PGHOST": str(options.get("login_unix_socket") or options["login_host"]),
        "PGPORT": str(options["login_port"]),
        "PGUSER": str(options["login_user"]),
        "PGDATABASE": str(options["login_db"]),
        "PGCONNECT_TIMEOUT": str(max(2, round(options["timeout"]))),
        "PGAPPNAME": "day2.ops",
    }


def _tls(options: Mapping[str, Any], system_roots: bool) -> dict[str, str]:
    mode = ssl_mode(options)
    wanted = {
        "PGSSLMODE": mode,
        "PGSSLROOTCERT": options.get("ca_certs") or ("system" if system_roots and mode == "verify-full" else None),
        "PGSSLCERT": options.get("client_cert"),
        "PGSSLKEY": options.get("client_key"),
    }
    return {name: str(value) for name, value in wanted.items() if value}


def _passfile(password: str) -> bytes:
    """Return the line of a passfile that holds for each server, as its reader is told one only."""
    if any(letter in password for letter in "\r\n\0"):
        raise InputError("login_password: PostgreSQL's programs cannot read one with a line break from a file")
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    return f"*:*:*:*:{escaped}\n".encode()
