# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that outlive the command that started them, and are never mistaken for another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from .errors import LabError, PortTakenError
from .identity import Account
from .state import ProcessFacts
from .waiting import wait_for

STOP_SECONDS = 15.0


def start(
    argv: list[str], log: Path, account: Account | None = None, stop_signal: int = signal.SIGTERM
) -> ProcessFacts:
    """Start a program in a session of its own, with its output appended to `log`.

    The `account`, if any, is whom it runs as. Raises LabError when it cannot be started at all.
    """
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(  # type: ignore[call-overload]
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                env=environment(),
                **who,
            )
        except OSError as error:
            raise LabError(f"cannot start {argv[0]}: {error.strerror}") from error
    started = start_time(child.pid)
    # The lab keeps the process by number and start time, also across commands; _reap collects it.
    child.returncode = 0
    return {
        "pid": child.pid,
        "started": started,
        "argv": argv,
        "log": str(log),
        "unprivileged": account is not None,
        "stop_signal": stop_signal,
    }


def python_argv(module: str, *arguments: str) -> list[str]:
    """Return the command line for a module of the lab, run by this Python."""
    return [sys.executable, "-m", f"ansible_collections.day2.ops.tests.lab.{module}", *arguments]


def start_time(pid: int) -> int:
    """Return when the process started, in clock ticks since boot; 0 when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def is_alive(facts: ProcessFacts) -> bool:
    """Tell whether that very process runs (a hung one does)."""
    _reap(facts["pid"])
    return start_time(facts["pid"]) == facts["started"] != 0


def is_stopped(facts: ProcessFacts) -> bool:
    """Tell whether the process is there and may not run now."""
    return is_alive(facts) and Path(f"/proc/{facts['pid']}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def require_alive(name: str, facts: ProcessFacts) -> None:
    """Raise LabError with the end of its log when the process has ended."""
    if is_alive(facts):
        return
    log = Path(facts["log"])
    kind = PortTakenError if "already in use" in log.read_text(encoding="utf-8", errors="replace") else LabError
    raise kind(f"{name} ended while it was starting: {last_line(log)}")


def last_line(log: Path) -> str:
    """Return the last line of a log that says something."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def family(facts: ProcessFacts) -> list[tuple[int, int]]:
    """Return (pid, start time) of the process and all below it, the process first; empty when it is gone."""
    if not is_alive(facts):
        return []
    members = [(facts["pid"], facts["started"])]
    for pid, _started in members:  # grows while it is walked
        members += [(child, start_time(child)) for child in _children(pid)]
    return [(pid, started) for pid, started in members if started]


def naming(text: str) -> list[ProcessFacts]:
    """Return the processes whose command lines name the text: a folder that only our servers know."""
    found: list[ProcessFacts] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            argv = file.read_text(encoding="utf-8", errors="replace").split("\0")[:-1]
        except OSError:
            continue  # it ended just now
        pid = int(file.parent.name)
        if pid != os.getpid() and any(text in argument for argument in argv):
            found.append(_known(pid, argv))
    return found


def _known(pid: int, argv: list[str]) -> ProcessFacts:
    return {
        "pid": pid,
        "started": start_time(pid),
        "argv": argv,
        "log": "",
        "unprivileged": False,
        "stop_signal": signal.SIGTERM,
    }


def hang(facts: ProcessFacts) -> None:
    """Stop the process and all below it from running, without ending them."""
    _signal_all(family(facts), signal.SIGSTOP)


def tell(facts: ProcessFacts, number: int) -> None:
    """Send the process a signal; nothing to do when it is gone."""
    _signal_all(family(facts)[:1], number)


def resume(facts: ProcessFacts) -> None:
    """Let a hung process and all below it run on."""
    _signal_all(list(reversed(family(facts))), signal.SIGCONT)


def kill(facts: ProcessFacts) -> None:
    """End the process and all below it at once, without a chance to tidy up."""
    members = family(facts)
    _signal_all(members, signal.SIGKILL)
    _await_end(facts, members)


def stop(facts: ProcessFacts, seconds: float = STOP_SECONDS) -> None:
    """Ask the process to end, and kill it and all below it when it has not after `seconds`."""
    members = family(facts)
    _signal_all(members[:1], facts["stop_signal"])
    _signal_all(members, signal.SIGCONT)
    try:
        _await_end(facts, members, seconds)
    except LabError:
        _signal_all(members, signal.SIGKILL)
        _await_end(facts, members)


def _await_end(facts: ProcessFacts, members: list[tuple[int, int]], seconds: float = STOP_SECONDS) -> None:
    wait_for(
        f"the end of process {facts['pid']} ({Path(facts['argv'][0]).name})",
        lambda: not is_alive(facts) and all(start_time(pid) != started for pid, started in members),
        seconds,
        every=0.02,
    )


def _signal_all(members: list[tuple[int, int]], number: int) -> None:
    for pid, started in members:
        if start_time(pid) == started:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # it ended by itself just now


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(number) for number in task.read_text(encoding="ascii").split()]
        except OSError:
            continue  # that thread ended just now
    return found


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # another command started it


def environment() -> dict[str, str]:
    """Return the environment of the lab's programs: nothing of ours but what they need."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TZ", "SSL_CERT_FILE"}}
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
