# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The program ``day2-backup`` that cron or systemd starts on a managed host: one job, once, by the code of the modules.

``day2-backup run NAME`` does the work; its exit status is 0 when that ended well, 1 when not, 2 when the job is
described badly. One line says how it ended, to stdout (so to the journal) and under cron to syslog. ``--cron`` also
waits a random while before, as systemd does by itself. See docs/cron_backups.md.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import sys
import syslog
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._core.errors import OpsError, Unreachable, one_line
from .._core.files import exclusive
from .._core.masking import MASK, masked
from .._core.moments import written_utc
from .._core.secrets import nested_secrets
from .metrics import remove_traces, write_metrics
from .scheduled_job import Job, file_of, read_job
from .scheduled_notify import Message, tell
from .scheduled_state import BAD_CONFIGURATION, FAILED, OK, Outcome, State, after, lock_file, read_state, write_state
from .scheduled_watch import watched
from .scheduled_work import WORK
from .scheduled_worker import perform

PROGRAM = "day2-backup"
_SHORTEST_SECRET = 4  # what is shorter is found in every text


class _Log:
    """Where lines go: stdout, and syslog when cron started us."""

    def __init__(self, to_syslog: bool) -> None:
        self._syslog = to_syslog
        if to_syslog:
            syslog.openlog(PROGRAM, syslog.LOG_PID, syslog.LOG_CRON)

    def line(self, text: str, good: bool = True) -> None:
        line = one_line(text, 1000)
        if self._syslog:
            syslog.syslog(syslog.LOG_INFO if good else syslog.LOG_ERR, line)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def main(config_dir: str, argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit status.

    :param config_dir: where the descriptions of jobs are.
    """
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Run a scheduled backup of day2.ops.")
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser("run", help="run a job once")
    run_parser.add_argument("name")
    run_parser.add_argument("--cron", action="store_true", help="wait a random while first, and write to syslog")
    commands.add_parser("perform", help="used by run itself")
    given = parser.parse_args(argv)
    if given.command == "perform":
        return perform()
    os.umask(0o077)
    return run(Path(config_dir), given.name, _Log(given.cron), delayed=given.cron)


def run(folder: Path, name: str, log: _Log, delayed: bool = False, argv: Sequence[str] | None = None) -> int:
    """Run the job ``name`` once and return the exit status.

    :param argv: how to start the process that does the work; this program itself without it.
    """
    try:
        job = read_job(folder, name)
    except OpsError as error:
        log.line(f"{name}: bad configuration: {error}", good=False)
        return BAD_CONFIGURATION
    if delayed:
        time.sleep(random.uniform(0, job.jitter))
    try:
        job.state_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        with exclusive(lock_file(job.state_dir, job.name)):
            status = _run_alone(job, log, argv or _ourselves())
            if not file_of(folder, name).exists():  # the job was taken away meanwhile
                remove_traces(job.state_dir, job.textfile_dir, job.name)
            return status
    except Unreachable:
        log.line(f"{name}: another run of this job is at work; this one does nothing", good=False)
    except (OpsError, OSError) as error:
        log.line(f"{name}: failed: {one_line(error)}", good=False)
    return FAILED


def _ourselves() -> list[str]:
    return [sys.executable, "-I", os.path.abspath(sys.argv[0]), "perform"]


def _run_alone(job: Job, log: _Log, argv: Sequence[str]) -> int:
    before, began = read_state(job.state_dir, job.name), time.time()
    outcome = _without_secrets(watched(job, argv), job)
    state = after(before, outcome, began, time.time())
    log.line(f"{job.name}: {_word(outcome)}: {outcome.msg}", good=outcome.status == OK)
    for warning in outcome.warnings:
        log.line(f"{job.name}: warning: {warning}", good=False)
    problems = _kept(job, state)
    if _worth_telling(job.notify, before, outcome):
        problems += tell(job.notify, _message(job, state, outcome))
    for problem in problems:
        log.line(f"{job.name}: warning: {masked(problem)}", good=False)
    return outcome.status


def _kept(job: Job, state: State) -> list[str]:
    """Write state and metrics; return what could not be written: the backup is there all the same."""
    problems = []
    try:
        write_state(job.state_dir, job.name, state)
    except OpsError as error:
        problems.append(str(error))
    try:
        if job.textfile_dir is not None:
            write_metrics(job.textfile_dir, job.name, _kind(job), state)
    except OpsError as error:
        problems.append(f"no metrics ({error})")
    return problems


def _kind(job: Job) -> str:
    try:
        return WORK[job.module]().kind
    except (ImportError, AttributeError):
        return job.module


def _word(outcome: Outcome) -> str:
    return {OK: "ok", BAD_CONFIGURATION: "bad configuration"}.get(outcome.status, "failed")


def _without_secrets(outcome: Outcome, job: Job) -> Outcome:
    """Hide secrets of the job, and what looks like one, in the texts that go to logs and to people."""
    given = [*nested_secrets({"options": job.options, "notify": job.notify}), str(job.notify.get("webhook_url") or "")]
    known = [one for one in given if len(one) >= _SHORTEST_SECRET]

    def hide(text: str) -> str:
        for one in sorted(known, key=len, reverse=True):
            text = text.replace(one, MASK)
        return masked(text)

    return Outcome(outcome.status, hide(outcome.msg), outcome.data, tuple(map(hide, outcome.warnings)))


def _worth_telling(notify: Mapping[str, Any], before: State, outcome: Outcome) -> bool:
    """Tell of each failure, and of the first good run after one."""
    when = notify.get("when", "never")
    if when in ("always", "never"):
        return bool(when == "always")
    recovered = before.last_run is not None and not before.succeeded
    return outcome.status != OK or recovered


def _message(job: Job, state: State, outcome: Outcome) -> Message:
    host = socket.gethostname()
    subject = f"backup {job.name} on {host}: {_word(outcome)}"
    last = "never" if state.last_success is None else written_utc(state.last_success)
    lines = [subject, "", outcome.msg, *outcome.warnings, "", f"Module: {job.module}", f"Last good run: {last}"]
    return Message(subject, "\n".join(lines) + "\n")
