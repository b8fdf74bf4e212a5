# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A maintenance window in a lab: how to run it, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import json
import shutil
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.demo.stores import open_redis
from ansible_collections.day2.ops.tests.lab.lab import Lab

from ..checks.verdicts import RESULT_ON_ONE_LINE
from ..plays import environment, playbook_argv
from ..run import CHECKOUT
from ..watched import Watched, watch
from .scenario import STEPS, variables

_PLAYBOOK = CHECKOUT / "playbooks/maintenance.yml"
_INVENTORY = CHECKOUT / "inventories/demo"
_OWNER = "day2.ops/demo maintenance"


@dataclass(frozen=True)
class Place:
    """The demo inventory keeps its journal beside the folder of the lab that it is told of."""

    lab: Lab

    @property
    def journal(self) -> dict[str, Any]:
        """Return the journal of the window that is open or was open last; empty before the first."""
        path = self.folder / "state/demo/window.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def noted(self, step: str, status: str) -> bool:
        """Tell whether the journal has the step in that status."""
        return bool(self.journal.get("steps", {}).get(step, {}).get("status") == status)

    def marks(self, mark: str) -> int:
        """Return how often the steps left that mark."""
        return self.log.read_text(encoding="utf-8").splitlines().count(mark) if self.log.exists() else 0

    def is_open(self) -> bool:
        """Tell whether the service takes orders in."""
        with urllib.request.urlopen(f"{self.lab.facts['service']['url']}/ingress", timeout=5) as answer:
            return bool(json.load(answer)["open"])

    def workers(self) -> int:
        """Return how many workers give a sign of life."""
        client = open_redis(self.lab.facts["redis"], seconds=5)
        return len(list(client.scan_iter(match=self.lab.facts["service"]["heartbeat"])))

    def silences(self) -> list[str]:
        """Return when each silence of the window ends that is in force."""
        if not self._alertmanager:
            return []
        with urllib.request.urlopen(f"{self._alertmanager}/api/v2/silences", timeout=5) as answer:
            found = json.load(answer)
        return [one["endsAt"] for one in found if one["createdBy"] == _OWNER and one["status"]["state"] == "active"]

    def forget(self) -> None:
        """Remove the journals, the reports, the announcements and the marks of windows that were closed."""
        for folder in ("state/demo", "reports"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        Path(self.lab.facts["webhook"]["file"]).unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)

    def not_undone(self) -> list[str]:
        """Return the steps that were begun and not undone since."""
        return [name for name in STEPS if self.marks(f"begins {name}") and not self.marks(f"ends undo {name}")]

    @contextlib.contextmanager
    def controller(
        self, fails: bool = False, do: str = "run", given: Mapping[str, Any] | None = None
    ) -> Iterator[Watched]:
        """Run the shipped playbook; whatever of it still runs at the end is killed.

        fails: whether its last step does. do: what `window_do` says. given: variables that go before the scenario's.
        """
        file = self.folder / "given.json"
        every = {**variables(self.log, fails, self._alertmanager), "window_do": do, **(given or {})}
        file.write_text(json.dumps(every), encoding="utf-8")
        argv = playbook_argv(_PLAYBOOK, _INVENTORY, "-e", f"@{file}")
        with watch(argv, CHECKOUT, environment(DAY2_LAB_DIR=str(self.lab.folder), **RESULT_ON_ONE_LINE)) as running:
            yield running

    @property
    def log(self) -> Path:
        """Return the file of the marks."""
        return self.folder / "marks"

    @property
    def _alertmanager(self) -> str:
        facts = self.lab.facts.get("alertmanager")
        return str(facts["url"]) if facts else ""

    @property
    def folder(self) -> Path:
        """Return the folder of journals, reports and marks."""
        return self.lab.folder.parent
