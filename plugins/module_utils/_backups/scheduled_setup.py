# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``backup_jobs`` does: put jobs and the program that runs them on a host, and take away what is over.

It says of each job when it is to run, in the words of cron and of systemd; to have it run then is the role's part.
"""

from __future__ import annotations

import json
import os
import pwd
import stat
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.files import atomic_write, fsync_folder
from .._core.masking import MASK
from .._core.result import Result
from .._core.secrets import is_secret_name, nested_secrets
from .metrics import remove_traces
from .scheduled_job import ASKED, NOTIFY, SERVICE, Job, file_of, job_of, mark_of, service_of
from .scheduled_program import our_archive, program, same_program
from .scheduled_times import SCHEDULERS, Schedule, check_calendar, schedule_of
from .scheduled_work import WORK, missing_libraries

SPEC = ArgSpec(
    options={
        "jobs": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {**ASKED.options, "schedule": {"type": "raw", "required": True}},
        },
        "service": {"type": "str", "default": SERVICE},
        "notify": {"type": "dict", "options": NOTIFY.options},
        "scheduler": {"type": "str", "default": "cron", "choices": list(SCHEDULERS)},
        "program": {"type": "path", "default": "/opt/day2/bin/day2-backup"},
        "config_dir": {"type": "path", "default": "/etc/day2/backups"},
        "state_dir": {"type": "path", "default": "/var/lib/day2/backup_jobs"},
        "textfile_dir": {"type": "path"},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    }
)
_MODE = 0o600


@dataclass(frozen=True)
class _Wanted:
    """A job that is to be there: its file's fields, what they mean, when it runs, which libraries it lacks."""

    fields: Mapping[str, Any]
    job: Job
    schedule: Schedule
    missing: Sequence[str]


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a job is described badly; nothing was changed. :raises OpsError: something cannot be written.
    """
    present = params["state"] == "present"
    for name in ("program", "config_dir", "state_dir", "textfile_dir"):
        _require_absolute(name, params[name])
    mark_of(params["service"])  # refuses what is none
    wanted = {one.job.name: one for one in _wanted_jobs(params)} if present else {}
    setup = _Setup(params, check_mode)
    setup.require_ours(wanted)
    if present:
        setup.install_program()
        setup.write_jobs(wanted)
    removed = setup.remove_jobs(set(wanted))
    if not present:
        setup.remove_program()
    setup.written.update({f"removed: {name}": True for name in removed})
    return Result(
        changed=bool(setup.written),
        msg=_line(wanted, removed, check_mode),
        data={
            "jobs": [_told(one) for one in wanted.values()],
            "removed": removed,
            "program": str(setup.program),
            "missing_libraries": sorted({name for one in wanted.values() for name in one.missing}),
        },
        diff={"before": "".join(setup.before), "after": "".join(setup.after)},
    )


def _require_absolute(option: str, path: str | None) -> None:
    """Refuse paths that may mean something else later, or that a unit of systemd or a crontab reads otherwise."""
    if path is None:
        return
    fit = path.isascii() and path.isprintable() and not set(path) & set(" %\"'\\$`;&|<>(){}*?[]#!~")
    if not fit or not os.path.isabs(path) or ".." in Path(path).parts:
        raise InputError(f"{option}: expected an absolute path of plain letters without ..", on=path)


def _wanted_jobs(params: Mapping[str, Any]) -> Iterator[_Wanted]:
    names = set()
    for index, asked in enumerate(params["jobs"]):
        where = f"jobs[{index}] ({asked['name']})"
        if asked["name"] in names:
            raise InputError(f"{where}: another job has this name")
        names.add(asked["name"])
        try:
            yield _wanted_job(params, asked, where)
        except InputError as error:
            told = str(error)
            raise InputError(told if told.startswith(where) else f"{where}: {told}") from None


def _wanted_job(params: Mapping[str, Any], asked: Mapping[str, Any], where: str) -> _Wanted:
    fields = {
        **{name: asked.get(name) for name in ASKED.options},
        "notify": _given(asked.get("notify") or params["notify"]),
        "state_dir": params["state_dir"],
        "textfile_dir": params["textfile_dir"],
        "made_by": mark_of(params["service"]),
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    job = job_of(fields, where)
    work = WORK[job.module]()
    work.spec.validate(job.options, f"{where}: options")
    schedule = schedule_of(asked["schedule"], params["scheduler"])
    if params["scheduler"] == "systemd":
        check_calendar(schedule.calendar)
    _require_account(job.user)
    return _Wanted(fields, job, schedule, missing_libraries(work, job.options))


def _given(value: Any) -> Any:
    """Return nested options less those that were not given: rules between options count those that are there."""
    if not isinstance(value, Mapping):
        return value
    return {name: _given(inner) for name, inner in value.items() if inner is not None}


def _require_account(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise InputError("user: no such account on this host", on=user) from None


def _told(one: _Wanted) -> dict[str, Any]:
    return {
        "name": one.job.name,
        "cron": one.schedule.cron,
        "calendar": list(one.schedule.calendar),
        "jitter": one.job.jitter,
        "timeout": one.job.timeout,
    }


def _line(wanted: Mapping[str, _Wanted], removed: Sequence[str], check_mode: bool) -> str:
    parts = [f"jobs: {', '.join(wanted) or 'none'}"]
    if removed:
        parts.append(f"{'would be removed' if check_mode else 'removed'}: {', '.join(removed)}")
    return "; ".join(parts)


class _Setup:
    """What is on the host, and what was changed of it."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool) -> None:
        self.service = str(params["service"])
        self.program = Path(params["program"])
        self.config_dir = Path(params["config_dir"])
        self.state_dir = Path(params["state_dir"])
        self.textfile_dir = None if params["textfile_dir"] is None else Path(params["textfile_dir"])
        self.check_mode = check_mode
        self.written: dict[str, bool] = {}
        self.before: list[str] = []
        self.after: list[str] = []

    def require_ours(self, wanted: Collection[str]) -> None:
        """Refuse names that jobs of other services have. :raises InputError: so; nothing was changed."""
        for name, fields in self._jobs():
            owner = service_of(fields.get("made_by"))
            if name in wanted and owner not in (None, self.service):
                raise InputError(
                    f"jobs: the service {owner} has a job of this name on this host",
                    on=name,
                    advice="name it otherwise, or have that service's jobs taken away first",
                )

    def _jobs(self) -> list[tuple[str, dict[str, Any]]]:
        """Return names and fields of all files that could be jobs, of whatever service."""
        paths = sorted(self.config_dir.glob("*.json")) if self.config_dir.is_dir() else ()
        return [(path.stem, _parsed(_read(path) or b"")) for path in paths]

    def install_program(self) -> None:
        """Put the program in its place, whole or not at all."""
        new = program(our_archive(), sys.executable, str(self.config_dir))
        old = _read(self.program)
        if old is not None and same_program(old, new) and _mode(self.program) == 0o755:
            return
        self._note(self.program, "" if old is None else "an older program\n", "this program\n")
        if not self.check_mode:
            _make_folder(self.program.parent, 0o755)
            atomic_write(self.program, new, mode=0o755)

    def write_jobs(self, wanted: Mapping[str, _Wanted]) -> None:
        """Write the files of jobs that are new or other than before."""
        for folder, mode in ((self.config_dir, 0o700), (self.state_dir, 0o755)):
            if not folder.is_dir():
                self._note(folder, "", "folder\n")
                if not self.check_mode:
                    _make_folder(folder, mode)
        if self.textfile_dir is not None and not self.textfile_dir.is_dir():
            raise InputError("textfile_dir: no such folder on this host", on=str(self.textfile_dir))
        for name, one in wanted.items():
            self._write_job(file_of(self.config_dir, name), one.fields)

    def _write_job(self, path: Path, fields: Mapping[str, Any]) -> None:
        data = (json.dumps(fields, indent=2, sort_keys=True) + "\n").encode()
        old = _read(path)
        if old == data and _mode(path) == _MODE:
            return
        before = "" if old is None else _shown(_parsed(old))
        after = _shown(fields)
        self._note(path, before, after if after != before else f"{after}a secret, or the file's mode, differs\n")
        if not self.check_mode:
            atomic_write(path, data, mode=_MODE)

    def remove_jobs(self, stay: set[str]) -> list[str]:
        """Remove the files of jobs that are not wanted any more: only what was made for this service. Backups stay."""
        removed = []
        for name, fields in self._jobs():
            if service_of(fields.get("made_by")) != self.service or name in stay:
                continue
            path = self.config_dir / f"{name}.json"
            self.before.append(f"{path}:\n{_shown(fields)}")
            removed.append(name)
            if not self.check_mode:
                # Before, so that what a cut run leaves is found by the next; after, as a run of the job may be at work.
                _remove_traces(fields, name)
                _remove(path)
                _remove_traces(fields, name)
        return removed

    def remove_program(self) -> None:
        """Remove the program, if it is one of ours, and no other service has jobs for it."""
        if any(service_of(fields.get("made_by")) not in (None, self.service) for _name, fields in self._jobs()):
            return
        old = _read(self.program)
        if old is None or b"ansible_collections/day2/ops" not in old:
            return
        self._note(self.program, "this program\n", "")
        if not self.check_mode:
            _remove(self.program)

    def _note(self, path: Path, before: str, after: str) -> None:
        self.written[str(path)] = True
        self.before.append(f"{path}:\n{before}" if before else "")
        self.after.append(f"{path}:\n{after}" if after else "")


def _remove_traces(fields: Mapping[str, Any], name: str) -> None:
    state_dir, textfile_dir = fields.get("state_dir"), fields.get("textfile_dir")
    remove_traces(Path(state_dir) if state_dir else None, Path(textfile_dir) if textfile_dir else None, name)


def _shown(fields: Mapping[str, Any]) -> str:
    return json.dumps(_hidden(fields), indent=2, sort_keys=True) + "\n" if fields else ""


def _hidden(value: Any) -> Any:
    """Return ``value`` with each secret replaced."""
    if isinstance(value, Mapping):
        return {
            name: MASK if inner is not None and (is_secret_name(name) or name == "webhook_url") else _hidden(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_hidden(inner) for inner in value]
    if isinstance(value, str):
        for one in nested_secrets(value):
            value = value.replace(one, MASK)
    return value


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _read(path: Path) -> bytes | None:
    """Return what a file holds; None when there is none. :raises OpsError: it is a link or cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OpsError(f"cannot read the file ({error.strerror})", on=str(path)) from error


def _mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def _make_folder(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        os.chmod(folder, mode)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(folder)) from error


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise OpsError(f"cannot remove the file ({error.strerror})", on=str(path)) from error
    fsync_folder(path.parent)
