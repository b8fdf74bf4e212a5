# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of PostgreSQL whose log pgBackRest archives, encrypted, into a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups import wal_verify
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.wal_archiving_help import ACCOUNT, PROGRAM, Cluster, cluster

_CONFIG = """\
archive_mode = on
archive_command = '{program} --config={config} --stanza=shop archive-push %p'
"""
# With the retries of a job it takes 15 seconds to find that a file is damaged.
_PGBACKREST = """\
[global]
log-path={folder}/logs
lock-path={folder}/locks
spool-path={folder}/spool
log-level-file=off
start-fast=y
compress-type=zst
job-retry=0
repo1-path={folder}/repository
repo1-retention-full=9
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=nobody-sees-this
[shop]
pg1-path={data}
pg1-port={port}
pg1-socket-path={folder}
"""


@dataclass(frozen=True)
class Archived:
    """The cluster, and what calls pgBackRest. :param scratch: a folder for drills, which no other test uses."""

    server: Cluster
    scratch: Path

    @property
    def config(self) -> Path:
        return self.server.folder / "pgbackrest.conf"

    @property
    def repository(self) -> Path:
        return self.server.folder / "repository"

    def pgbackrest(self, *arguments: str) -> str:
        quiet = ["--log-level-console=off", "--log-level-stderr=error"]
        return self.server.as_account([PROGRAM, f"--config={self.config}", "--stanza=shop", *quiet, *arguments])

    def write(self, *statements: str) -> None:
        """Have the statements done, and their log archived."""
        with self.server.connect() as session:
            for statement in statements:
                session.execute(statement)
            (last,) = session.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone() or (None,)
            session.execute("SELECT pg_switch_wal()")
            archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
            wait_for("the archive", lambda: session.execute(archived, [last]).fetchone() == (True,), 60)

    def options(self, **more: Any) -> dict[str, Any]:
        """Return options of the module."""
        rehearsal = {"folder": str(self.scratch), "user": ACCOUNT, **more.pop("rehearsal", {})}
        return {"stanza": "shop", "program": PROGRAM, "config": str(self.config), "rehearsal": rehearsal, **more}

    def drill(self, check_mode: bool = False, **more: Any) -> Result:
        """Return what the module would."""
        return wal_verify.operate(wal_verify.SPEC.validate(self.options(**more), "wal_verify"), check_mode)


@contextmanager
def archived() -> Iterator[Archived]:
    """Give a cluster that is archived, without a backup yet."""
    with cluster() as server:
        folder = server.folder
        scratch = folder.parent / f"{folder.name}-drill"
        scratch.mkdir(mode=0o711)
        up = Archived(server, scratch)
        try:
            for name in ("logs", "locks", "spool", "repository", "space"):
                (folder / name).mkdir()
                shutil.chown(folder / name, ACCOUNT, ACCOUNT)
            given = {"folder": folder, "data": server.data, "port": server.port}
            up.config.write_text(_PGBACKREST.format(**given), encoding="utf-8")
            shutil.chown(up.config, ACCOUNT, ACCOUNT)
            up.config.chmod(0o600)
            with (server.data / "postgresql.conf").open("a", encoding="utf-8") as config:
                config.write(_CONFIG.format(program=PROGRAM, config=up.config))
            server.as_account(server.control("-l", str(folder / "log"), "restart"))
            up.pgbackrest("stanza-create")
            yield up
        finally:
            shutil.rmtree(scratch)
