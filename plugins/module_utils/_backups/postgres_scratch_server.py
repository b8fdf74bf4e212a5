# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A server of PostgreSQL of its own, to restore a backup into: made, used by nobody else, and gone afterwards.

It listens on a socket in a folder that only its account may enter, so no password is needed. It dies with its maker
where the system can do that; the next run removes what a killed one left.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from .._core import postgres_connection
from .._core.command import run
from .._core.errors import InputError, NotThere, OpsError, Unreachable
from .._core.postgres_connection import connect
from .._core.waiting import wait_until
from .draft import require_space
from .opened import Opened
from .postgres_restore import require_not_older, source_version, tools_for
from .postgres_restore_database import make_schemas
from .postgres_restore_roles import globals_of, make_names
from .postgres_scratch import Scratch, create_scratch
from .postgres_scratch_folder import own_folder
from .postgres_tools import Tools
from .streams import Chain, Command, chain, run_chain

_NEEDED = ("postgres", "initdb", "pg_restore")
_SUPERUSER = "postgres"
_ANSWER_TIMEOUT = 5.0
_DATABASE = "day2_scratch"
DATA = "data"  # the cluster, in the server's folder
_START_TIMEOUT, _STOP_TIMEOUT, _POLL, _PATIENT_POLL = 60.0, 10.0, 0.02, 0.1
_LEAST_OF_SOURCE = 0.6
_LIVES_TIMES = 4  # as long as one chain of programs may take
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 107  # bytes in sun_path, less the NUL
# What it holds is thrown away: nothing needs to survive a crash, nobody else reads, and only it matters how long it
# takes. Statements are not logged, as they hold data.
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    "jit": "off",
    "max_locks_per_transaction": "256",
    # its memory is files in its folder, which go with it
    "dynamic_shared_memory_type": "mmap",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


@contextmanager
def own_server(backup: Opened, options: Mapping[str, Any]) -> Iterator[Scratch]:
    """Give an empty database on a server of its own, and take that away at the end of the block.

    :param options: those of the rehearsal. :raises NotThere: programs or an account are missing.
    :raises OpsError: the server cannot be made.
    """
    tools = tools_for(backup, options, source_version(backup.manifest), _NEEDED)
    require_not_older(backup.manifest, tools.version, str(tools.folder))
    account = account_of(options)
    with own_folder(options["folder"]) as folder:
        _require_space(backup, folder)
        place = server_folder(folder, account)
        with _running(tools, account, place, backup.timeout):
            yield _prepared(backup, tools, folder, place)


def _require_space(backup: Opened, folder: Path) -> None:
    """Refuse what will not fit. The source's size is known, and how much of that was no longer used is not."""
    size = backup.manifest.server.get("size")
    if size is not None and not backup.manifest.layout.get("filters"):
        require_space(folder, int(size * _LEAST_OF_SOURCE), "a scratch server")


def account_of(options: Mapping[str, Any]) -> pwd.struct_passwd | None:
    """Return the account that the server runs as; None for ours. PostgreSQL refuses to run as root."""
    wanted = options["user"]
    if os.geteuid() != 0:
        if wanted is not None and wanted != pwd.getpwuid(os.geteuid()).pw_name:
            raise InputError("rehearsal: only root can have the scratch server run as another user", on=str(wanted))
        return None
    try:
        account = pwd.getpwnam(wanted or "postgres")
    except KeyError as error:
        raise NotThere(
            "no account to run the scratch server as",
            on=str(wanted or "postgres"),
            advice="PostgreSQL refuses to run as root: name an account by rehearsal.user",
        ) from error
    if account.pw_uid == 0:
        raise InputError("rehearsal: PostgreSQL refuses to run as root", on=account.pw_name)
    return account


def server_folder(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Make the server's own folder in ``folder``: that stays ours, so that nobody else takes its lock away."""
    place = folder / "pg"
    place.mkdir(mode=0o700)
    if len(os.fsencode(place / _SOCKET)) > _LONGEST_SOCKET:
        raise InputError("the path is too long for a socket", on=str(place), advice="give rehearsal.folder a short one")
    if account is not None:
        os.chown(place, account.pw_uid, account.pw_gid)
        os.chmod(folder, 0o711)
    return place


@contextmanager
def _running(tools: Tools, account: pwd.struct_passwd | None, place: Path, timeout: float) -> Iterator[None]:
    """Make the cluster and have its server run."""
    user = None if account is None else account.pw_name
    initdb = (tools.path("initdb"), f"--pgdata={place / DATA}", f"--username={_SUPERUSER}", "--auth=trust", "--no-sync")
    checksums = ("--no-data-checksums",) if tools.major >= 18 else ()
    options = ("--encoding=UTF8", "--locale=C", "--no-instructions", *checksums)
    try:
        run_chain([as_server(place, user, *initdb, *options)], timeout)
    except OpsError as error:
        raise OpsError(
            f"cannot make a scratch server ({error.failed})",
            on=str(place.parent),
            advice=f"{error.advice}; the account {user or 'of this run'} must reach the folder and the programs",
        ) from error
    with serving(tools, place, user, login_to(place, _START_TIMEOUT), _START_TIMEOUT, _LIVES_TIMES * timeout):
        yield


def as_server(place: Path, user: str | None, *argv: str) -> Command:
    """Return a program that runs as the server does, in its folder, and dies with us. :param user: None for ours."""
    whole = [*_dying_with_us(), *argv]
    return Command(whole, environment={"LC_ALL": "C", "TZ": "UTC"}, user=user, folder=place, name=argv[0])


@contextmanager
def serving(
    tools: Tools,
    place: Path,
    user: str | None,
    login: Mapping[str, Any],
    starts_within: float,
    lives: float,
    settings: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Have a server run on the cluster in ``place``; at the end it is told to leave at once, which clears its memory.

    :param login: that it is to answer to. :param starts_within: seconds until it does. :param lives: seconds in all.
    :param settings: besides those of each scratch server. :raises OpsError: it does not start, or dies.
    """
    sockets = {"unix_socket_directories": _list_item(str(place)), "unix_socket_permissions": "0700"}
    switches = [f"--{name}={value}" for name, value in {**_SETTINGS, **(settings or {}), **sockets}.items()]
    server = as_server(place, user, tools.path("postgres"), "-D", str(place / DATA), *switches)
    left = False
    try:
        with chain([server], lives) as running:
            _await_answer(running, place, login, starts_within)
            try:
                yield
                left = True
            finally:
                running.signal(signal.SIGQUIT)
                wait_until(running.goes_on, _not, timeout=_STOP_TIMEOUT, interval=_POLL)
    except OpsError:
        if not left:
            raise


def _not(value: bool) -> bool:
    return not value


def _await_answer(running: Chain, place: Path, login: Mapping[str, Any], timeout: float) -> None:
    """Wait until the server answers. One that has ended is told of at the end of its chain."""

    def answers() -> bool:
        try:
            with connect({**login, "timeout": _ANSWER_TIMEOUT}):
                return True
        except (Unreachable, NotThere):
            return not running.goes_on()

    interval = _POLL if timeout <= _START_TIMEOUT else _PATIENT_POLL  # a server that replays a log may take hours
    if not wait_until(answers, bool, timeout=timeout, interval=interval).done:
        raise Unreachable(f"the scratch server did not answer within {timeout:g} s", on=str(place))
    if not running.goes_on():
        running.end(timeout)
        raise OpsError("the scratch server ended at once", on=str(place))


def login_to(place: Path, timeout: float, database: str = _SUPERUSER, user: str = _SUPERUSER) -> dict[str, Any]:
    """Return the options of a connection to the server in ``place``."""
    given = {"login_unix_socket": str(place), "login_user": user, "login_db": database, "timeout": timeout}
    return postgres_connection.SPEC.validate(given, "scratch server")


def _list_item(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@lru_cache(maxsize=1)
def _dying_with_us() -> Sequence[str]:
    """Return the beginning of a command line of a program that is told to leave when we are killed."""
    setpriv = shutil.which("setpriv")
    if setpriv is None or "--pdeathsig" not in run([setpriv, "--help"], _START_TIMEOUT, expect_status=None).stdout:
        return ()
    return (setpriv, "--pdeathsig", "QUIT", "--")


def _prepared(backup: Opened, tools: Tools, folder: Path, place: Path) -> Scratch:
    """Make the roles and the database."""
    notes = []
    with connect(login_to(place, backup.timeout)) as connection:
        version = connection.info.server_version
        text = globals_of(backup)
        if text is None:
            notes.append("owners and privileges were left out, as the backup has no globals")
        else:
            make_names(connection, text)
        notes += create_scratch(connection, _DATABASE, backup.manifest)
    login = login_to(place, backup.timeout, _DATABASE)
    with connect(login) as connection:
        make_schemas(connection, backup.manifest)
    return Scratch("a server of its own", login, version, tools, folder, text is not None, True, notes)
