# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that must fail: in one line that says what is wrong, with no secret in it, and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.day2.ops.tests.live.search_help import Cluster

from ..modules import Module
from ..rows import Goal, Row
from .nodes import AREA, Nodes, Options

GOAL = Goal("= 0 that are told badly, show a secret, or change something", lambda value: value == 0)
SECRET = "s3cret-of-the-figures"
_LONGEST = 1000


@dataclass(frozen=True)
class Case:
    """A call that must fail. :param words: a pattern in what it must say. :param options: besides the address."""

    module: Module
    words: str
    options: Options


@dataclass
class Judge:
    """Calls the modules and looks at what they say. :param first_only: whether one call of each sort is enough."""

    here: Nodes
    first_only: bool
    secrets: Collection[str] = (SECRET,)
    bad: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def row(self, work: str, cluster: Cluster, cases: Sequence[Case], **options: Any) -> Row:
        """Return the row of these calls, at the cluster's own address unless the options have another."""
        before = state_of(cluster)
        self.called(cluster, cases, **options)
        return self.told(work, cluster, before)

    def called(self, cluster: Cluster, cases: Sequence[Case], **options: Any) -> None:
        """Call them, and judge each."""
        for case in cases[:1] if self.first_only else cases:
            login = {"login_user": "backup", "login_password": SECRET}
            asked = {"url": [cluster.url], "timeout": 10, **login, **options, **case.options}
            given = {name: value for name, value in asked.items() if value is not None}
            done = case.module.called(self.here.folder, given)
            self._judge(case, case.module.result(done.output), done.output)

    def told(self, work: str, cluster: Cluster, before: Options) -> Row:
        """Return the row of what was called since the last one. :param before: the cluster's state."""
        after = state_of(cluster)
        for name in {*before, *after}:
            if before.get(name) != after.get(name):
                self.bad.append(f"{name} was {before.get(name)}, is {after.get(name)}")
        bad, self.bad = self.bad, []
        said, self.said = self.said, []
        return Row(AREA, f"{work}, {cluster.name}", GOAL.text, len(bad), not bad, {"bad": bad, "said": said})

    def _judge(self, case: Case, said: Options, output: str) -> None:
        told = str(said.get("msg", output[-300:]))
        name = f"{case.module.name}: {told}"
        self.said.append(name)
        if not said.get("failed"):
            self.bad.append(f"does not fail: {name}")
        if not re.search(case.words, told):
            self.bad.append(f"says nothing of '{case.words}': {name}")
        if "\n" in told or "exception" in said or "Traceback" in output or len(told) > _LONGEST:
            self.bad.append(f"is no line: {name}")
        if any(secret in output for secret in self.secrets):
            self.bad.append(f"shows a secret: {case.module.name}")


def state_of(cluster: Cluster) -> Options:
    """Return what the cluster holds: snapshots and their states, indices and their documents."""
    found: Options = {}
    for repository in cluster.repositories():
        answer = cluster.answer("GET", f"_snapshot/{repository}/_all")
        shown = answer.json().get("snapshots", []) if answer.ok else answer.status_code
        found[repository] = shown if isinstance(shown, int) else {one["snapshot"]: one["state"] for one in shown}
    for line in cluster.ask("GET", f"_cat/indices/{cluster.mine}*?format=json&h=index,status,health,docs.count"):
        found[line["index"]] = line
    return found
