# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A scheduled job: its description in a file that only root reads, and how it is read back with distrust."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.durations import seconds_of
from .._core.errors import AccessDenied, InputError, NotThere
from .._core.files import read_json
from .scheduled_work import WORK

# Also a name of a unit of systemd and of a file of metrics.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
# Also part of the names of units and of a crontab.
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")
MAIL = ArgSpec(
    options={
        "to": {"type": "list", "elements": "str", "required": True},
        "sender": {"type": "str", "default": "root"},
        "program": {"type": "path", "default": "/usr/sbin/sendmail"},
        "host": {"type": "str"},
        "port": {"type": "int", "default": 25},
        "secure": {"type": "str", "default": "starttls", "choices": ["always", "never", "starttls"]},
        "validate_certs": {"type": "bool", "default": True},
        "ca_certs": {"type": "path"},
        "username": {"type": "str"},
    },
    required_by={"username": ("host",)},
) + secret("password")
NOTIFY = ArgSpec(
    options={
        "when": {"type": "str", "default": "failure", "choices": ["always", "failure", "never"]},
        "webhook_url": {"type": "str", "no_log": True},
        "ca_certs": {"type": "path"},
        "mail": {"type": "dict", "options": MAIL.options, **MAIL.rules()},
    }
)
# What a user says of a job; the schedule is not part of the file.
ASKED = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "module": {"type": "str", "required": True, "choices": sorted(WORK)},
        "options": {"type": "dict", "default": {}},
        "user": {"type": "str"},
        "timeout": {"type": "raw", "default": "12h"},
        "jitter": {"type": "raw", "default": 0},
        "notify": {"type": "dict", "options": NOTIFY.options},
    }
)
STORED = ASKED + ArgSpec(
    options={
        "state_dir": {"type": "path", "required": True},
        "textfile_dir": {"type": "path"},
        "made_by": {"type": "str", "required": True},
    }
)
MADE_BY = "day2.ops"
# Whose jobs they are when nobody says it: their mark and the names of what starts them are without it.
SERVICE = "day2"
# Who does the work when nobody is named: root, but for what belongs to another account.
_USERS = {"pgbackrest": "postgres"}
LONGEST_JITTER = 24 * 3600.0


@dataclass(frozen=True)
class Job:
    """What is to run.

    :param module: of :data:`WORK`. :param options: of the module, not validated yet. :param user: who runs it.
    :param timeout: seconds for the work. :param jitter: at most so many seconds are waited before it, under cron.
    :param notify: validated by NOTIFY. :param state_dir: where locks and states are.
    :param textfile_dir: where metrics go, None for nowhere.
    """

    name: str
    module: str
    options: Mapping[str, Any]
    user: str
    timeout: float
    jitter: float
    notify: Mapping[str, Any]
    state_dir: Path
    textfile_dir: Path | None


def checked_name(name: str) -> str:
    """Return ``name``. :raises InputError: it cannot name a job."""
    if not _NAME.match(name):
        raise InputError(
            "a job's name has 1 to 64 letters, digits, _ and -, the first a letter or digit", on=repr(name)
        )
    return name


def job_of(fields: Mapping[str, Any], where: str) -> Job:
    """Return the job that the fields of its file describe. :raises InputError: one is wrong."""
    valid = STORED.validate(fields, where)
    timeout = seconds_of(f"{where}: timeout", valid["timeout"])
    jitter = seconds_of(f"{where}: jitter", valid["jitter"])
    if not timeout:
        raise InputError(f"{where}: timeout must be more than 0")
    if jitter > LONGEST_JITTER:
        raise InputError(f"{where}: jitter is at most 24 h")
    textfile_dir = valid["textfile_dir"]
    return Job(
        name=checked_name(valid["name"]),
        module=valid["module"],
        options=valid["options"],
        user=valid["user"] or _USERS.get(valid["module"], "root"),
        timeout=timeout,
        jitter=jitter,
        notify=valid["notify"] or {},
        state_dir=Path(valid["state_dir"]),
        textfile_dir=None if textfile_dir is None else Path(textfile_dir),
    )


def mark_of(service: str) -> str:
    """Return what the files of the service's jobs say of who made them. :raises InputError: no name of a service."""
    if not _SERVICE.match(service):
        raise InputError(
            "service: expected 1 to 32 letters, digits, _ and -, the first a letter or digit", on=repr(service)
        )
    return MADE_BY if service == SERVICE else f"{MADE_BY}:{service}"


def service_of(made_by: object) -> str | None:
    """Return the service whose jobs have this mark; None for what this collection has not made."""
    maker, colon, service = str(made_by).partition(":")
    if maker != MADE_BY:
        return None
    return service if colon else SERVICE


def file_of(folder: Path, name: str) -> Path:
    """Return the file of the job ``name``. :raises InputError: see :func:`checked_name`."""
    return folder / f"{checked_name(name)}.json"


def read_job(folder: Path, name: str) -> Job:
    """Return the job ``name`` whose file is in ``folder``.

    :raises OpsError: there is none, somebody else could have written it, or it is wrong.
    """
    path = file_of(folder, name)
    _require_ours(path)
    fields = read_json(path)
    if not isinstance(fields, dict) or fields.get("name") != name:
        raise InputError("the file does not describe the job that it is named after", on=str(path))
    return job_of(fields, str(path))


def _require_ours(path: Path) -> None:
    """Refuse a file that others could have written: what it says is done as root."""
    try:
        status = os.lstat(path)
    except OSError as error:
        raise NotThere(f"no description of the job ({error.strerror})", on=str(path)) from error
    ours = status.st_uid in (0, os.geteuid())
    if not stat.S_ISREG(status.st_mode) or not ours or stat.S_IMODE(status.st_mode) & 0o077:
        raise AccessDenied("the file is a link, or others may read or write it", on=str(path), advice="chmod 0600")
