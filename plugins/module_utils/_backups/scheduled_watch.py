# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Watching over the process that does a job's work: its time, its answer, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from .._core.durations import show_duration
from .._core.errors import InputError, OpsError
from .scheduled_job import Job
from .scheduled_state import BAD_CONFIGURATION, FAILED, Outcome
from .scheduled_worker import adopting_orphans

GRACE = 30.0  # seconds to clean up in, before the process is killed
_ROUNDS = 50
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ANSWER = 1 << 20


class _Told(Exception):
    """We were told to end."""


def watched(job: Job, argv: Sequence[str], grace: float = GRACE) -> Outcome:
    """Run the process ``argv`` for ``job`` and return how the work ended.

    It is ended when its time is up, or when we are told to end; what it has started is ended with it.
    """
    others = set(descendants(os.getpid()))
    try:
        with adopting_orphans(), _told_to_end(), _started(job, argv) as process:
            try:
                return _answered(process, _asked(job), job.timeout)
            except subprocess.TimeoutExpired:
                return Outcome(FAILED, f"it did not end within {show_duration(job.timeout)} and was ended")
            except _Told:
                return Outcome(FAILED, "it was told to end before it was done")
            finally:
                _end(process, grace, others)
    except OpsError as error:
        return Outcome(BAD_CONFIGURATION, str(error))


def _asked(job: Job) -> bytes:
    return json.dumps({"module": job.module, "options": dict(job.options)}).encode()


def _answered(process: subprocess.Popen[bytes], asked: bytes, timeout: float) -> Outcome:
    written, _none = process.communicate(asked, timeout=timeout)
    try:
        answer = json.loads(written[:_ANSWER])
        return Outcome(answer["status"], answer["msg"], answer["data"], tuple(answer["warnings"]))
    except (ValueError, KeyError, TypeError):
        status = process.returncode
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return Outcome(FAILED, f"the process {how} and did not say what it has done")


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Raise :class:`_Told` in the block when we get SIGTERM or SIGINT."""

    def tell(_signal: int, _frame: object) -> None:
        raise _Told

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _started(job: Job, argv: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    account, environment = _account(job.user)
    # not AnsibleModule.run_command: this runs without a module
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env=environment,
        start_new_session=True,
        **account,
    )
    with process:
        yield process


def _account(user: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Return how to become ``user``, and the environment. :raises InputError: that cannot be."""
    try:
        known = pwd.getpwnam(user)
    except KeyError as error:
        raise InputError("no such account on this host", on=user) from error
    environment = {"PATH": _PATH, "LANG": "C.UTF-8", **os.environ, "HOME": known.pw_dir, "USER": user, "LOGNAME": user}
    if known.pw_uid == os.geteuid():
        return {}, environment
    if os.geteuid():
        raise InputError("only root can run a job as another account", on=user)
    groups = os.getgrouplist(user, known.pw_gid)
    return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": groups, "umask": 0o077}, environment


def _end(process: subprocess.Popen[bytes], grace: float, others: set[int]) -> None:
    """Ask the process to end, then kill it, and all that came of it."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    for _round in range(_ROUNDS):
        left = [pid for pid in descendants(os.getpid()) if pid not in others]
        if not left:
            return
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.poll()
        _reap(left)
        time.sleep(0.02)


def _reap(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that came of ``pid`` and live, the nearest first."""
    children: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        parent, state = _parent_of(int(entry))
        if state not in ("", "Z"):
            children.setdefault(parent, []).append(int(entry))
    pending = [pid]
    while pending:
        found = children.get(pending.pop(0), [])
        pending.extend(found)
        yield from found


def _parent_of(pid: int) -> tuple[int, str]:
    """Return the parent of a process and its state; 0 and an empty text when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            state, parent = stream.read().rpartition(b")")[2].split()[:2]
    except OSError:
        return 0, ""
    return int(parent), state.decode()
