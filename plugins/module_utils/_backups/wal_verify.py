# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``wal_verify`` does: a drill of a restore from a repository of pgBackRest, and of the log since.

Levels are those of backups. L0: the backup ended well, by its repository. L1 and L2: all its files were read and their
checksums compared while it was restored. L3: a server replayed the log to its end and let us in. L4: all was looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import MissingLibrary, OpsError
from .._core.libraries import load
from .._core.result import Result
from .._postgres.pgbackrest import chosen_backup, target
from . import objectives, postgres_rehearsal, postgres_tools, wal_stanza
from .draft import require_space
from .postgres_scratch_folder import own_folder
from .postgres_scratch_server import account_of, server_folder
from .postgres_tools import tools_of
from .proofs import Broken, trying
from .wal_compare import looked_at
from .wal_scratch import Place, recovered, restore
from .wal_stanza import Stanza

NEWEST = "newest"
SPEC = wal_stanza.SPEC + ArgSpec(
    options={
        "backup": {"type": "str", "default": NEWEST},
        "repository": {"type": "int"},
        "database": {"type": "str", "default": "postgres"},
        "rehearsal": {"type": "dict"},
        "objectives": {"type": "dict"},
    }
)
REHEARSAL = postgres_tools.SPEC + ArgSpec(
    options={
        "user": {"type": "str"},
        "folder": {"type": "path"},
        "jobs": {"type": "int"},
        "until": {"type": "str", "default": "end", "choices": ["end", "backup"]},
        "settings": {"type": "dict", "default": {}},
        "amcheck": {"type": "bool", "default": True},
        "assertions": {"type": "list", "elements": "dict", "default": []},
        "assertion_timeout": {"type": "raw", "default": "5m"},
    }
)
_ASSERTION = postgres_rehearsal.ASSERTION + ArgSpec(options={"database": {"type": "str"}})
_OLDEST = 12  # which takes the settings of a recovery as it takes others
_MEASURABLE = 10**6  # bytes: of less, time per size tells nothing

Clock = Callable[[], float]


@dataclass
class _Drill:
    """What came of it. :param opened: when the server let us in; None for not at all, as ``last`` transaction."""

    backup: Mapping[str, Any]
    began: float
    proofs: list[dict[str, Any]] = field(default_factory=list)
    opened: float | None = None
    last: float | None = None
    failed: str = ""
    level_failed: str | None = None

    @property
    def level(self) -> str | None:
        """The highest level that holds."""
        return self.proofs[-1]["level"] if self.proofs else None


class _Run:
    """One call: its options, looked at before anything is done."""

    def __init__(self, params: Mapping[str, Any], clock: Clock) -> None:
        self.clock = clock
        self.timeout = seconds_of("command_timeout", params["command_timeout"])
        self.objectives = objectives.objectives_of(params["objectives"])
        given = REHEARSAL.validate(params["rehearsal"] or {}, "rehearsal")
        self.options = {**postgres_rehearsal.completed(given, _ASSERTION), "database": params["database"]}
        self.options["settings"] = {str(name): str(value) for name, value in given["settings"].items()}
        self.account = account_of(self.options)
        self.stanza = Stanza(params, self.timeout, None if self.account is None else self.account.pw_name)

    def chosen(self, label: str, repository: int | None) -> Mapping[str, Any]:
        """Return the backup that is meant. :raises NotThere: there is none."""
        info = dict(self.stanza.info())
        if repository is not None:
            info["backups"] = [one for one in info["backups"] if one["repository"] == repository]
        return chosen_backup(info, target({}), "" if label == NEWEST else label, self.clock())


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = time.time) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``. :raises InputError: a wrong option. :raises NotThere: no backup, no programs.
    :raises OpsError: pgBackRest cannot be asked, or the drill cannot be begun.
    """
    run = _Run(params, clock)
    began = clock()
    drill = _Drill(run.chosen(params["backup"], params["repository"]), began)
    needed = ("postgres", "pg_amcheck") if run.options["amcheck"] else ("postgres",)
    tools = tools_of(run.options, _major(drill.backup), needed)
    if not check_mode:
        load("psycopg")  # or it would be missed when all is restored
        _try(run, drill, tools)
    data = _told(run, drill, check_mode)
    missed = objectives.missed(data["objectives"])
    return Result(
        failed=bool(drill.failed or missed),
        msg=_line(run.stanza.name, drill, data, check_mode),
        data=data,
    )


def _major(backup: Mapping[str, Any]) -> int:
    """Return the major version of the backup's PostgreSQL. :raises OpsError: it is not told, or cannot be rehearsed."""
    text = str(backup["postgres"] or "")
    major = text.partition(".")[0]
    if not major.isdigit() or int(major) < _OLDEST:
        raise OpsError(f"a backup of PostgreSQL {text or '(unknown)'} cannot be rehearsed", on=str(backup["label"]))
    return int(major)


def _try(run: _Run, drill: _Drill, tools: postgres_tools.Tools) -> None:
    drill.proofs.append({"level": "L0", "seconds": 0.0, "found": {"by": "its repository"}})
    try:
        with own_folder(run.options["folder"]) as folder:
            require_space(folder, int(drill.backup["size"]), "what is restored")
            where = Place(folder, server_folder(folder, run.account), run.account, tools)
            with _kept_time(run, drill, "L1", "L2") as found:
                restore(run.stanza, drill.backup, where, run.options["jobs"], run.timeout)
                found.update({"by": "what restored it", "bytes": drill.backup["size"]})
            _try_apart(run, drill, where)
    except MissingLibrary:
        raise
    except Broken as error:
        drill.failed, drill.level_failed = str(error), str(error.details["level_failed"])


def _try_apart(run: _Run, drill: _Drill, where: Place) -> None:
    with ExitStack() as stack:
        with _kept_time(run, drill, "L3") as found:
            scratch, seen = stack.enter_context(recovered(run.stanza, drill.backup, where, run.options, run.timeout))
            found.update(seen)
            drill.opened = run.clock()
            drill.last = seen["last_transaction_at"]
        with _kept_time(run, drill, "L4") as found:
            found.update(looked_at(scratch, run.options, run.timeout))


@contextmanager
def _kept_time(run: _Run, drill: _Drill, *levels: str) -> Iterator[dict[str, Any]]:
    """Have the block prove the levels, and keep what it found and how long it took."""
    begin = run.clock()
    found: dict[str, Any] = {}
    with trying(levels[0]):
        yield found
    seconds = round(run.clock() - begin, 3)
    drill.proofs += [{"level": level, "seconds": seconds, "found": found} for level in levels]


def _told(run: _Run, drill: _Drill, check_mode: bool) -> dict[str, Any]:
    backup = drill.backup
    rto = None if drill.opened is None else round(drill.opened - drill.began, 3)
    # what had ended before the backup did is in it, whether anything was written since or not
    held_at = None if drill.opened is None else max(drill.last or 0.0, float(backup["finished_at"]))
    rpo = None if held_at is None else objectives.age(drill.began, held_at)
    size = int(backup["size"])
    return {
        "name": run.stanza.name,
        "backup": backup["label"],
        "kind": "wal",
        "where": f"repository {backup['repository']}",
        "level": drill.level,
        "level_failed": drill.level_failed,
        "failed_why": drill.failed,
        "size": size,
        "proofs": drill.proofs,
        "recovered_to": None if held_at is None else datetime.fromtimestamp(held_at, timezone.utc).isoformat(),
        "rto_seconds": rto,
        "rto_seconds_per_gb": None if rto is None or size < _MEASURABLE else round(rto / size * 1e9, 3),
        "rpo_seconds": rpo,
        "objectives": objectives.held(run.objectives, {"rto": rto, "rpo": rpo}, check_mode),
        "seconds": round(run.clock() - drill.began, 3),
    }


def _line(name: str, drill: _Drill, data: Mapping[str, Any], check_mode: bool) -> str:
    subject = f"{name}/{drill.backup['label']}"
    if drill.failed:
        return f"{subject}: {drill.failed}"
    if check_mode:
        size = f"{data['size'] / 1e6:,.0f} MB"
        return f"{subject}: would be restored from {data['where']} into a server apart, {size} and the log since"
    return "; ".join([f"{subject}: {drill.level} holds", *objectives.told(data["objectives"])])
