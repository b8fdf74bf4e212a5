# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emergency restarts of the demo service, plain processes in a lab of the test's own: others must not lose theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of


@pytest.fixture
def own(lab_folder: Path, tmp_path: Path) -> Iterator[Operator]:
    with Lab(lab_folder) as lab:
        lab.up()
        yield Operator(lab, tmp_path)


def restart(operator: Operator, *arguments: str, **variables: Any) -> tuple[int, str]:
    given: dict[str, Any] = {"day2_gate_timeout": 20, **variables}
    done = operator.run("emergency_restart", *arguments, **given)
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []
    return done.status, done.text


def test_workers_that_are_gone_are_brought_back(own: Operator) -> None:
    own.lab.end_process("worker-1", kill=True)
    own.lab.end_process("worker-2", kill=True)
    status, text = restart(own, part="worker")
    assert status == 0, text
    assert "restarted, all checks pass" in text
    (evidence,) = own.reports.glob("emergency-restart-demo-evidence-*Z.json")
    assert "worker: 0 of" in evidence.read_text(encoding="utf-8")


@pytest.mark.long
def test_what_is_well_is_left_alone_and_what_cannot_be_helped_is_told(own: Operator) -> None:
    status, text = restart(own)
    assert status == 0 and "all checks pass, nothing was restarted" in text and "changed=0" in text, text
    never = [{"name": "never", "kind": "tcp", "host": "127.0.0.1", "port": 1}]
    status, text = restart(own, "--check", part="worker", day2_checks__never=never)
    assert status == 0 and "would be restarted" in text and "changed=0" in text, text
    status, text = restart(own, part="worker", day2_checks__never=never, day2_gate_timeout=1)
    assert status != 0
    assert "restarted, forced, recreated has not helped: " in text and "critical never" in text
    assert "no part shop is described; described are: api, worker" in restart(own, part="shop")[1]
    status, text = restart(own, "-e", "anyway=true", part="worker")
    assert status == 0 and "restarted, all checks pass" in text, text
