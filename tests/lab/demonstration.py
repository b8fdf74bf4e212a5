# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a maintenance window and the daily checks on the demo service, under load, with an account at the end."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .background_load import BackgroundLoad
from .demo.account import await_drained, settle
from .demo.capacity import more_than_taken
from .demo.load import Result
from .demo_alert import SILENCE, Alert
from .demo_summary import lines_of
from .demo_told import Told
from .errors import LabError
from .http_ready import status_of
from .lab import Lab
from .state import Facts

CHECKOUT = Path(__file__).resolve().parents[2]
INVENTORY = "inventories/demo"
PLAYBOOK_SECONDS = 900  # a machine that is busy with other things takes many times as long


class Demonstration:
    """One run of the demo; `problems` has a line for each thing that was off."""

    def __init__(self, lab: Lab, say: Callable[[str], None]) -> None:
        self.problems: list[str] = []
        self._lab = lab
        self._say = say
        self._step = 0
        self._began = time.time()
        self._summary: list[str] = []

    def run(self) -> bool:
        """Show it all; returns whether all was well. A lab that was up before stays up."""
        self._heading("start the lab: real servers and the demo service")
        was_up = self._lab.is_up()
        try:
            self._lab.up()
            self._show(self._lab.facts)
        finally:
            if not was_up:
                self._heading("stop the lab")
                self._lab.down()
        self._close()
        return not self.problems

    def _show(self, facts: Facts) -> None:
        alert = Alert(facts["alertmanager"]["url"]) if "alertmanager" in facts else None
        rate = round(more_than_taken(facts))
        with BackgroundLoad(self._lab.home, rate=rate) as load:
            self._heading(f"{rate} orders a second go in till the window has ended, some more than are taken")
            self._expect_accepting(facts)
            self._say(alert.fire() if alert else "there is no Alertmanager on this machine: no alert is silenced")
            self._heading(f"the maintenance window: ansible-playbook -i {INVENTORY} playbooks/maintenance.yml")
            self._play("maintenance", {"day2_silence": SILENCE} if alert else {})
            self._expect_accepting(facts)
        self._account(facts, load.result)
        if alert:
            self._say(alert.told())
            if not alert.is_muted():
                self.problems.append("the alert was not silenced")
        self._heading(f"the daily checks: ansible-playbook -i {INVENTORY} playbooks/daily_checks.yml")
        self._play("daily_checks", {})

    def _play(self, playbook: str, given: dict[str, Any]) -> None:
        """Run a playbook and tell what it does; all that it says is kept in a file."""
        program = Path(sys.executable).parent / "ansible-playbook"
        log = self._folder / "reports" / f"demo-{playbook}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self._say(f"(in short; all that it says is in {_shown(log)})")
        argv = [str(program), "-i", INVENTORY, f"playbooks/{playbook}.yml", "-e", json.dumps(given)]
        variables = {"DAY2_LAB_DIR": str(self._lab.folder), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}
        try:
            child = subprocess.Popen(
                argv,
                cwd=CHECKOUT,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except OSError as error:
            raise LabError(f"cannot run {program}: {error.strerror}; run 'make setup'") from error
        status = self._follow(child, log)
        if status:
            self.problems.append(f"{playbook} failed with exit status {status}, see {_shown(log)}")

    def _follow(self, child: subprocess.Popen[str], log: Path) -> int:
        """Tell what a playbook does until it ends, or is ended for its time is over; returns its exit status."""
        told = Told(self._say)
        timer = threading.Timer(PLAYBOOK_SECONDS, child.terminate)
        timer.start()
        try:
            with child, log.open("w", encoding="utf-8") as file:
                for line in child.stdout or ():
                    file.write(line)
                    told.take(line.rstrip("\n"))
        finally:
            timer.cancel()
            if child.poll() is None:
                child.terminate()
        return child.returncode

    def _account(self, facts: Facts, result: Result) -> None:
        try:
            await_drained(facts)
        except LabError as error:
            self.problems.append(str(error))
        account = settle(facts, result)
        self._summary = list(lines_of(self._journal(), account, result))
        self._say(account.line())
        self._say(f"latency of accepted orders: p50 {result.latency_ms['p50']} ms, p99 {result.latency_ms['p99']} ms")
        if not account.balanced:
            self.problems.append("not every accepted order was processed exactly once")
        if not account.refused:
            self.problems.append("no order was refused: the ingress was never closed")
        if account.errors:
            self.problems.append(f"{account.errors} orders got an error; the last: {result.last_error}")

    def _expect_accepting(self, facts: Facts) -> None:
        url = facts["service"]["url"]
        if status_of(f"{url}/ready") != 200 or not _ingress_is_open(url):
            self.problems.append("the service does not take orders: it is not ready, or its ingress is closed")

    def _journal(self) -> dict[str, Any]:
        path = self._folder / "state/demo/window.json"
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return record

    @property
    def _folder(self) -> Path:
        """Return where the demo's inventory has journals and reports written: beside the lab, for they outlive it."""
        return self._lab.folder.parent

    def _reports(self) -> list[str]:
        found = sorted((self._folder / "reports").glob("*Z.html"))
        return [_shown(path) for path in found if path.is_file() and path.stat().st_mtime >= self._began]

    def _heading(self, text: str) -> None:
        self._step += 1
        self._say(f"\n[{self._step}] {text}")

    def _close(self) -> None:
        self._heading("what has come of it")
        for line in [*self._summary, f"reports: {', '.join(self._reports()) or 'none were written'}"]:
            self._say(line)
        for problem in self.problems:
            self._say(f"off: {problem}")
        outcome = "something was off" if self.problems else "all is well"
        self._say(f"demo: {outcome}, {time.time() - self._began:.0f} s")


def _shown(path: Path) -> str:
    """Return a path as short as it can be given from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _ingress_is_open(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/ingress")
        return bool(json.load(connection.getresponse())["open"])
    finally:
        connection.close()
