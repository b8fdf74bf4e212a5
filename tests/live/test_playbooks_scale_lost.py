# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook scale where one of the hosts gives no answer."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator


def test_a_host_that_gives_no_answer_is_named_and_nothing_is_well(lab: Lab, tmp_path: Path) -> None:
    operator = Operator(lab, tmp_path)
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    more = tmp_path / "more.json"
    more.write_text(
        json.dumps({"app": {"hosts": {"gone": gone}}, "worker": {"hosts": {"gone": None}}}), encoding="utf-8"
    )
    done = operator.run("scale", "-i", str(more), part="worker", count=lab.facts["service"]["workers"])
    assert done.status == 4 and "changed=0" in done.text, done.output
    (report,) = operator.reports.glob("scale-demo-*Z.json")
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["status"] == "unknown"
    assert told["summary"] == "worker is so already; no answer from gone"
