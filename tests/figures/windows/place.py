# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A maintenance window in a lab: how to run it, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.lab import Lab

from ..plays import environment, playbook_argv
from ..run import CHECKOUT
from ..watched import Watched, watch

_PLAYBOOK = CHECKOUT / "playbooks/maintenance.yml"
_INVENTORY = CHECKOUT / "inventories/demo"


@dataclass(frozen=True)
class Place:
    """The demo inventory keeps its journal beside the folder of the lab that it is told of."""

    lab: Lab

    @property
    def journal(self) -> dict[str, Any]:
        """Return the journal of the window that is open or was open last; empty before the first."""
        path = self._folder / "state/demo/window.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def noted(self, step: str, status: str) -> bool:
        """Tell whether the journal has the step in that status."""
        return bool(self.journal.get("steps", {}).get(step, {}).get("status") == status)

    def is_open(self) -> bool:
        """Tell whether the service takes orders in."""
        with urllib.request.urlopen(f"{self.lab.facts['service']['url']}/ingress", timeout=5) as answer:
            return bool(json.load(answer)["open"])

    def forget(self) -> None:
        """Remove the journal of the window that was closed."""
        (self._folder / "state/demo/window.json").unlink(missing_ok=True)

    @contextlib.contextmanager
    def controller(self) -> Iterator[Watched]:
        """Run the shipped playbook; whatever of it still runs at the end is killed."""
        variables = environment(DAY2_LAB_DIR=str(self.lab.folder))
        with watch(playbook_argv(_PLAYBOOK, _INVENTORY), CHECKOUT, variables) as running:
            yield running

    @property
    def _folder(self) -> Path:
        return self.lab.folder.parent
