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
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from .background_load import BackgroundLoad
from .demo.account import await_drained, settle
from .demo.load import Result
from .errors import LabError
from .http_ready import status_of
from .lab import Lab
from .state import Facts

CHECKOUT = Path(__file__).resolve().parents[2]
INVENTORY = "inventories/demo"
# More than two workers at 20 ms an order take, so that there is a queue to drain.
ORDERS_A_SECOND = 120
PLAYBOOK_SECONDS = 300
STEPS = 6


class Demonstration:
    """One run of the demo; `problems` has a line for each thing that was off."""

    def __init__(self, lab: Lab, say: Callable[[str], None]) -> None:
        self.problems: list[str] = []
        self._lab = lab
        self._say = say
        self._step = 0
        self._began = time.time()

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
        self._say(f"reports: {', '.join(self._reports()) or 'none were written'}")
        self._close()
        return not self.problems

    def _show(self, facts: Facts) -> None:
        with BackgroundLoad(self._lab.home, rate=ORDERS_A_SECOND) as load:
            self._heading(f"{ORDERS_A_SECOND} orders a second go in, more than two workers take, till the window ended")
            self._expect_accepting(facts)
            self._heading(f"the maintenance window: ansible-playbook -i {INVENTORY} playbooks/maintenance.yml")
            self._play("playbooks/maintenance.yml")
            self._expect_accepting(facts)
        self._heading("the load's account")
        self._account(facts, load.result)
        self._heading(f"the daily checks: ansible-playbook -i {INVENTORY} playbooks/daily_checks.yml")
        self._play("playbooks/daily_checks.yml")

    def _play(self, playbook: str) -> None:
        program = Path(sys.executable).parent / "ansible-playbook"
        try:
            done = subprocess.run(
                [str(program), "-i", INVENTORY, playbook],
                cwd=CHECKOUT,
                env={**os.environ, "DAY2_LAB_DIR": str(self._lab.folder)},
                stdin=subprocess.DEVNULL,
                timeout=PLAYBOOK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.problems.append(f"{playbook} did not end within {PLAYBOOK_SECONDS} s")
            return
        except OSError as error:
            raise LabError(f"cannot run {program}: {error.strerror}; run 'make setup'") from error
        if done.returncode:
            self.problems.append(f"{playbook} failed with exit status {done.returncode}")

    def _account(self, facts: Facts, result: Result) -> None:
        try:
            await_drained(facts)
        except LabError as error:
            self.problems.append(str(error))
        account = settle(facts, result)
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

    def _reports(self) -> list[str]:
        # Where the demo's inventory has them written: beside the lab, for they outlive it.
        found = sorted((self._lab.folder.parent / "reports").rglob("*"))
        return [str(path) for path in found if path.is_file() and path.stat().st_mtime >= self._began]

    def _heading(self, text: str) -> None:
        self._step += 1
        self._say(f"\n[{self._step}/{STEPS}] {text}")

    def _close(self) -> None:
        for problem in self.problems:
            self._say(f"off: {problem}")
        outcome = "something was off" if self.problems else "all is well"
        self._say(f"demo: {outcome}, {time.time() - self._began:.0f} s")


def _ingress_is_open(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/ingress")
        return bool(json.load(connection.getresponse())["open"])
    finally:
        connection.close()
