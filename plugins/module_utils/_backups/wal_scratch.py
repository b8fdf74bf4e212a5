# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup of pgBackRest restored apart, and a server of its own that replays what was archived since.

The cluster that was backed up, its tablespaces, and the repository are not touched: pgBackRest writes into our folder
only, with locks of its own, so that neither waits for backups nor keeps them waiting; the server archives nothing,
replicates from nobody, loads no libraries that would do work, and reads no configuration of the source.
"""

from __future__ import annotations

import hashlib
import pwd
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import OpsError
from .._core.postgres_connection import connect
from .postgres_scratch import Scratch
from .postgres_scratch_server import DATA, as_server, login_to, serving
from .postgres_tools import Tools, version_text
from .streams import run_chain
from .wal_stanza import Stanza

_LIVES_TIMES = 4  # as long as one program may take
# Of restore: what a configuration may say of other places is not for us, nor a part of the databases.
_ALL_OF_IT_HERE = (
    "--no-link-all",
    "--no-delta",
    "--reset-link-map",
    "--reset-tablespace-map",
    "--reset-recovery-option",
    "--reset-db-include",
    "--reset-db-exclude",
    "--type=default",
)
_SETTINGS = {
    "hot_standby": "off",  # so that it may have fewer connections than the source, and lets in who asks at the end only
    "archive_mode": "off",
    "recovery_target_action": "promote",
    "max_logical_replication_workers": "0",  # its subscriptions are those of the source
    "max_prepared_transactions": "1000",  # not less than the source's, or their log cannot be replayed
}
_CHECKSUM = re.compile(r"\b[0-9A-F]{24}-(?P<sum>[0-9a-f]{40})\b")
_EVENT_TRIGGERS_SINCE = 17  # which may be fired by a login
_LOOK = """
SELECT extract(epoch FROM pg_last_xact_replay_timestamp())::float8, pg_last_wal_replay_lsn()::text,
    (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint, pg_walfile_name(pg_current_wal_lsn()),
    (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
    (SELECT sum(pg_database_size(oid))::bigint FROM pg_database)
"""


@dataclass(frozen=True)
class Place:
    """Where a backup is restored.

    :param folder: a passing one, ours alone. :param place: that of the server, in it.
    :param account: who the server runs as, None for us. :param tools: programs of the backup's version.
    """

    folder: Path
    place: Path
    account: pwd.struct_passwd | None
    tools: Tools

    @property
    def user(self) -> str | None:
        """The name of the account; None for ours."""
        return None if self.account is None else self.account.pw_name


def restore(stanza: Stanza, backup: Mapping[str, Any], where: Place, jobs: int, timeout: float) -> None:
    """Restore the backup. Each of its files is read, and its checksum compared, by pgBackRest.

    :raises OpsError: it cannot be restored.
    """
    given = (*_ALL_OF_IT_HERE, f"--tablespace-map-all={where.place / 'tablespaces'}", f"--process-max={jobs}")
    argv = stanza.argv(*_apart(where, backup), *given, f"--set={backup['label']}", "restore")
    run_chain([as_server(where.place, where.user, *argv)], timeout)
    # settings of the source, and how it was to go on; a standby asks others for more
    unwanted = [str(where.place / DATA / name) for name in ("postgresql.auto.conf", "standby.signal")]
    run_chain([as_server(where.place, where.user, "rm", "-f", "--", *unwanted)], timeout)


def _apart(where: Place, backup: Mapping[str, Any]) -> list[str]:
    """Return what a command of pgBackRest is told so that it touches nothing but our folder."""
    folder = where.place
    return [
        f"--pg1-path={folder / DATA}",
        f"--lock-path={folder / 'lock'}",
        "--log-level-file=off",
        f"--repo={backup['repository']}",
    ]


@contextmanager
def recovered(
    stanza: Stanza, backup: Mapping[str, Any], where: Place, options: Mapping[str, Any], timeout: float
) -> Iterator[tuple[Scratch, Mapping[str, Any]]]:
    """Have a server replay the log, and give it, and what was seen, once that is done.

    A server takes a gap or damage in the log for its end, so that end must be in the last file, and that be whole.

    :param options: of the rehearsal, completed; with ``database``, which is logged in to.
    :raises OpsError: it cannot replay it, or ends before all that is archived was replayed.
    """
    if options["until"] == "end":
        _require_whole(stanza, backup, where, timeout)
    user = where.user or pwd.getpwuid(where.place.stat().st_uid).pw_name
    login = login_to(where.place, timeout, options["database"], user)
    settings = {**options["settings"], **_SETTINGS, **_files(where.folder)}
    settings["restore_command"] = _restore_command(stanza, backup, where)
    if options["until"] == "backup":
        settings["recovery_target"] = "immediate"
    if where.tools.major >= _EVENT_TRIGGERS_SINCE:
        settings["event_triggers"] = "off"
    with serving(where.tools, where.place, where.user, login, timeout, _LIVES_TIMES * timeout, settings):
        with connect(login) as connection:
            version = connection.info.server_version
            row = connection.execute(_LOOK).fetchone()
        if row is None:
            raise OpsError("the scratch server does not tell what it has replayed")
        at, place, replayed, now_writes, segment, size = row
        if options["until"] == "end":
            require_all(backup.get("archived_to"), (place, replayed), now_writes, segment)
        found = {
            "place": "a server of its own",
            "version": version_text(version),
            "jobs": options["jobs"],
            "bytes": size,
            "replayed_to": place,
            "last_transaction_at": at,
        }
        yield Scratch(found["place"], login, version, where.tools, where.folder, True, True), found


def _files(folder: Path) -> dict[str, str]:
    """Write the configuration, which lets in who gets to the socket, and return the settings that name it."""
    texts = {"config_file": "", "hba_file": "local all all trust\n", "ident_file": ""}
    for name, text in texts.items():
        path = folder / name
        path.write_text(text, encoding="ascii")
        path.chmod(0o644)
    return {name: str(folder / name) for name in texts}


def _restore_command(stanza: Stanza, backup: Mapping[str, Any], where: Place) -> str:
    """Return what the server calls for each WAL file. Files that were fetched ahead are those of the source."""
    argv = stanza.argv(*_apart(where, backup), "--no-archive-async", "archive-get")
    return " ".join(shlex.quote(part).replace("%", "%%") for part in argv) + ' %f "%p"'


def _require_whole(stanza: Stanza, backup: Mapping[str, Any], where: Place, timeout: float) -> None:
    """See that the last file of the log has the checksum that is part of its name in the repository.

    :raises OpsError: it has not, or cannot be read.
    """
    last = backup["archived_to"]
    if last is None:
        return
    folder = f"archive/{stanza.name}/{backup['archive']}/{last[:16]}"
    listed = stanza.run(f"--repo={backup['repository']}", "--output=json", f"--filter=^{last}-", "repo-ls", folder)
    named = _CHECKSUM.search(listed)
    fetched = where.place / last
    argv = stanza.argv(*_apart(where, backup), "--no-archive-async", "archive-get", last, str(fetched))
    try:
        run_chain([as_server(where.place, where.user, *argv)], timeout)
        content = fetched.read_bytes()
    except (OpsError, OSError) as error:
        raise OpsError("the last archived WAL file cannot be read", on=last, advice=str(error)) from error
    if named is not None and hashlib.sha1(content, usedforsecurity=False).hexdigest() != named["sum"]:
        raise OpsError("the last archived WAL file has another checksum than its name says", on=last)
    fetched.unlink()


def require_all(last: str | None, replayed: tuple[str, int], now_writes: str, segment: int) -> None:
    """See that the replay got into the last WAL file that is archived: a server takes a gap for the end.

    :param last: that file's name. :param replayed: up to where, as text and as bytes.
    :param now_writes: the WAL file that the server writes now, on a new timeline. :param segment: bytes of each.
    :raises OpsError: it did not.
    """
    if last is None:
        return
    followed = int(now_writes[:8], 16) - 1
    begins = (int(last[8:16], 16) << 32) + int(last[16:24], 16) * segment
    if int(last[:8], 16) >= followed and replayed[1] <= begins:
        raise OpsError(
            f"the replay ended at {replayed[0]}, before the last archived WAL file {last}",
            advice="one before that is missing or damaged; verify_backups says which",
        )
