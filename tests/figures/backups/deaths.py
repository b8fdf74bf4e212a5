# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module, the programs that it runs and the server are killed with SIGKILL while a backup is made."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.cipher import cipher_of
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..errors import FigureError
from ..modules import Module
from ..rows import Row
from ..run import Run
from .database import DATABASE, Database
from .ledger import Ledger, Shelf

_MODULE = Module("pg_backup")
_SECONDS = 60.0
# Faults in a row, then a run that nobody disturbs.
_IN_A_ROW = 5

Disturb = Callable[["subprocess.Popen[bytes]"], bool]


class Runs:
    """Runs of the module, disturbed and not."""

    def __init__(self, here: Database, name: str, random: Random, **options: Any) -> None:
        self.here = here
        self.random = random
        self.options = here.options(here.folder / name, **options)
        self.shelf = Shelf(here.folder / name / DATABASE, here.bin_dir, cipher_of(options.get("encryption")))
        self._usual = 0.0

    def undisturbed(self, ledger: Ledger) -> None:
        """Make a backup, which must be there then and nothing else."""
        began = time.perf_counter()
        before = set(self.shelf.found())
        said = _MODULE.result(_MODULE.called(self.here.folder, self.options).output)
        self._usual = time.perf_counter() - began
        ledger.expect(f"an undisturbed run failed: {said.get('msg')}", bool(said.get("changed")))
        ledger.expect("an undisturbed run made no backup", len(set(self.shelf.found()) - before) == 1)
        ledger.expect(f"left over: {self.shelf.partial()}", not self.shelf.partial())
        self.shelf.look(ledger)

    def disturbed(self, ledger: Ledger, disturb: Disturb) -> None:
        """Start a backup and disturb it at a random moment; it counts when there was something to disturb."""
        running = _MODULE.start(self.here.folder, self.options)
        try:
            deadline = time.perf_counter() + self.random.random() * self._usual
            while time.perf_counter() < deadline and running.poll() is None:
                time.sleep(0.001)  # nothing is awaited: a random moment of the run is what is wanted
            ledger.faults += _until(lambda: disturb(running), running)
            output = running.communicate(timeout=_SECONDS)[0]
            ledger.expect("a traceback was shown", b"Traceback" not in output)
        finally:
            end_group(running)
        self.shelf.look(ledger)

    def row(self, work: str, count: int, disturb: Disturb, after: Callable[[], None] = lambda: None) -> Row:
        """Return the row of so many disturbances."""
        ledger = Ledger()
        self.undisturbed(ledger)
        tries = 0
        while ledger.faults < count and tries < 5 * count:
            tries += 1
            self.disturbed(ledger, disturb)
            after()
            if tries % _IN_A_ROW == 0:
                self.undisturbed(ledger)
        self.undisturbed(ledger)
        self.shelf.look_at_all(ledger)
        ledger.expect(f"only {ledger.faults} of {count} faults hit", ledger.faults >= count)
        return ledger.row(work)


def _until(disturb: Callable[[], bool], running: subprocess.Popen[bytes]) -> bool:
    """Disturb as soon as that can be done, while the module runs."""
    while running.poll() is None:
        if disturb():
            return True
    return False


def end_group(running: subprocess.Popen[bytes]) -> None:
    """End the module, if it still runs."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


def rows(run: Run, here: Database) -> Iterator[Row]:
    """Yield a row for each thing that is killed."""
    random = Random(7)
    module, dump, cipher, server = (3, 2, 2, 1) if run.short else (40, 20, 20, 10)
    runs = Runs(here, "deaths", random, format="directory")
    yield runs.row("SIGKILL of the module", module, _kill_module)
    yield runs.row("SIGKILL of pg_dump", dump, lambda running: _kill_child(running, "pg_dump"))
    yield runs.row(
        "SIGKILL of a process of PostgreSQL", server, lambda _running: _kill_backend(here), lambda: _await(here)
    )
    if shutil.which("age") is None or shutil.which("age-keygen") is None:
        run.say("  left out: the program that encrypts is killed; there is no age here")
        return
    encrypted = Runs(here, "encrypted", random, encryption=encryption(here.folder))
    yield encrypted.row("SIGKILL of age", cipher, lambda running: _kill_child(running, "age"))


def encryption(folder: Path) -> dict[str, Any]:
    identity = folder / "identity"
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    done = subprocess.run(["age-keygen", "-y", str(identity)], check=True, capture_output=True, text=True)
    return {"method": "age", "recipients": [done.stdout.strip()], "identity_file": str(identity)}


def _kill_module(running: subprocess.Popen[bytes]) -> bool:
    running.kill()
    return True


def _kill_child(running: subprocess.Popen[bytes], name: str) -> bool:
    """Kill a program of that name that the module has started."""
    for pid in children(running.pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == name:
                os.kill(pid, signal.SIGKILL)
                return True
    return False


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(number) for number in thread.read_text(encoding="ascii").split()]
    return found


def _kill_backend(here: Database) -> bool:
    """Kill the server's process that serves pg_dump; the server then ends all others, and starts anew."""
    with connect(here.facts, dbname="postgres") as admin:
        row = admin.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'day2.ops' LIMIT 1").fetchone()
        if row is None:
            return False
        os.kill(int(row[0]), signal.SIGKILL)
    return True


def _await(here: Database) -> None:
    def answers() -> bool:
        try:
            connect(here.facts, dbname=DATABASE).close()
        except Exception as error:  # the server says in many ways that it starts
            if time.perf_counter() > deadline:
                raise FigureError(f"PostgreSQL does not come back: {error}") from error
            return False
        return True

    deadline = time.perf_counter() + _SECONDS
    wait_for("an answer of PostgreSQL", answers, _SECONDS, every=0.02)
