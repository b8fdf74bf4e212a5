# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo makes of a playbook's output, and what it says at the end. No server is needed."""

from __future__ import annotations

from itertools import count

from ansible_collections.day2.ops.tests.lab.demo.account import Account
from ansible_collections.day2.ops.tests.lab.demo.load import Result
from ansible_collections.day2.ops.tests.lab.demo_summary import lines_of
from ansible_collections.day2.ops.tests.lab.demo_told import Told

OUTPUT = """
PLAY [Maintenance window] ******************************************************

TASK [day2.ops.maintenance_window : Validating arguments against arg spec 'main' - Announce, close] ***
ok: [demo]

TASK [day2.ops.maintenance_window : Do the work] *******************************
included: /roles/maintenance_window/tasks/work.yml for demo

TASK [Bring missing libraries] *************************************************
skipping: [demo]

TASK [day2.ops.maintenance_window : Close the ingress and see it closed from outside] ***
changed: [demo]

TASK [day2.ops.maintenance_window : Write into the journal: drained, done] *****
drained: orders: ready 0, in flight 0 after 1.2 s
changed: [demo]

TASK [Show how long payloads live] *********************************************
ok: [demo] =>
    msg: 'orders: no payload expires'

TASK [Tell how the window ended] ***********************************************
fatal: [demo]: FAILED! => {"msg": "no"}

PLAY RECAP *********************************************************************
demo                       : ok=5    changed=2    unreachable=0    failed=1    skipped=1    rescued=0    ignored=0
"""


def test_a_line_for_each_thing_done_and_all_that_was_said() -> None:
    said: list[str] = []
    seconds = count()
    told = Told(said.append, lambda: float(next(seconds)))
    for line in OUTPUT.splitlines():
        told.take(line)
    assert said == [
        "     4.0 s  Close the ingress and see it closed from outside",
        "     5.0 s  Write into the journal: drained, done",
        "            drained: orders: ready 0, in flight 0 after 1.2 s",
        "     6.0 s  Show how long payloads live",
        "            orders: no payload expires",
        "     7.0 s  Tell how the window ended",
        '            fatal: [demo]: FAILED! => {"msg": "no"}',
        "            demo: ok=5, changed=2, unreachable=0, failed=1",
    ]


def test_the_end_tells_the_window_and_the_orders() -> None:
    step = {"status": "done", "at": "2026-03-01T02:00:04Z", "data": {"message": "orders: ready 0"}}
    record = {
        "id": "20260301T020000Z-1f3a",
        "reason": "vacuum",
        "opened_at": "2026-03-01T02:00:00Z",
        "closed_at": "2026-03-01T02:00:09Z",
        "outcome": "done",
        "message": "all steps done and verified, ingress open",
        "steps": {"drained": step, "step: vacuum": {**step, "data": {}}},
    }
    account = Account(300, 300, 0, 0, 0, 0, 0, refused=40, errors=0)
    result = Result("run", first_refused=10.0, last_refused=12.5)
    assert list(lines_of(record, account, result)) == [
        "window 20260301T020000Z-1f3a, vacuum, opened 02:00:00, closed 02:00:09 UTC: done",
        "  02:00:04  drained         done  orders: ready 0",
        "  02:00:04  step: vacuum    done",
        "  all steps done and verified, ingress open",
        "orders: 40 were refused with 503, for 2.5 s; 300 were accepted",
        "        300 of those were processed: 0 lost, 0 processed twice",
    ]
    assert "none was refused" in " ".join(lines_of({}, account, Result("run")))
