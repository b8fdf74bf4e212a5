# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of faults that one run of the window meets."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .cases import (
    DONE,
    REFUSED,
    REOPENED,
    STUCK,
    Case,
    broken,
    disk_fills_in_a_step,
    full_disk,
    given,
    may_not_mount,
    mended,
    orders_hang,
    redis_away_while_draining,
    redis_comes_back,
    redis_stops_in_a_step,
    small_disk,
    step,
)
from .place import Place
from .runtimes import RUNTIMES

_QUICK = {"day2_gate_timeout": 3}
_NEVER_GREEN = {"checks": [{"name": "green", "kind": "file_age", "path": "/nowhere/green"}]}
_ANNOUNCED = r"WARNING: not told: webhook"


def _lost_flag(place: Place) -> Mapping[str, Any]:
    """Return a check that passes before, and a step that breaks it."""
    flag = place.folder / "flag"
    flag.touch()
    check = {"name": "flag", "kind": "file_age", "path": str(flag)}
    return {**_QUICK, "day2_checks__of_the_fault": [check], **step("lose it", command=["rm", str(flag)])}


_IN_THE_MIDDLE = [
    Case(
        "a step fails",
        rf"^step: third: Run the command: The command exited with a non-zero return code{REOPENED}",
        given(),
        fails=True,
        short=True,
    ),
    Case(
        "a step's verify never gets green",
        rf"^step: patch: verify: .*critical green: fail: no such file{REOPENED}",
        given(**_QUICK, **step("patch", command=["true"], verify=_NEVER_GREEN)),
    ),
    Case("something is worse than before and stays so", rf"critical flag: fail: no such file{REOPENED}", _lost_flag),
    Case(
        "a job hangs, and the drain never ends",
        r"Wait until the queues are drained.*orders: not drained: .*in flight [12].*\(the ingress is open again\)$",
        given(day2_drain_timeout=3),
        meanwhile=orders_hang,
    ),
    Case(
        "Redis stops in a step, and is back before the ingress is to open",
        rf"redis{REOPENED}",
        given(**_QUICK),
        trouble=mended,
        meanwhile=redis_comes_back,
        errors=True,
    ),
    Case(
        "Redis stops while orders that hang drain, and is back before the ingress is to open",
        r"Wait until the queues are drained.*\(the ingress is open again\)$",
        given(day2_drain_timeout=8),
        trouble=mended,
        meanwhile=redis_away_while_draining,
        errors=True,
    ),
    Case(
        "Redis stops in a step, and stays away",
        r"^THE INGRESS OF demo IS STILL CLOSED: .*or run this again\. .*redis.*\(undone: second, first\)$",
        given(**_QUICK),
        ends=STUCK,
        trouble=mended,
        meanwhile=redis_stops_in_a_step,
        errors=True,
    ),
    Case(
        "nobody takes announcements",
        "",
        given(),
        ends=DONE,
        trouble=broken("webhook", "stop"),
        warns=_ANNOUNCED,
    ),
    Case(
        "nobody takes announcements, and a step fails",
        r"^step: third: .*\(undone: second, first; the ingress is open again\)",
        given(),
        fails=True,
        trouble=broken("webhook", "stop"),
        warns=_ANNOUNCED,
    ),
    Case(
        "who takes announcements hangs, and a step fails",
        r"^step: third: .*\(undone: second, first; the ingress is open again\)",
        given(),
        fails=True,
        trouble=broken("webhook", "hang"),
        warns=_ANNOUNCED,
    ),
    Case(
        "the journal's disk fills in a step",
        rf"No space left on device{REOPENED}",
        given(),
        trouble=small_disk,
        meanwhile=disk_fills_in_a_step,
        missing=may_not_mount,
    ),
    Case(
        "a hook prints a secret",
        rf"^step: talk: Run the command: .*{REOPENED}",
        given(**step("talk", command=["sh", "-c", "echo token=$0 >&2; exit 1", "{{ lab.service.admin_token }}"])),
        talks=True,
    ),
    Case(
        "a program of a step is not there",
        rf"^step: patch: Run the command: .*/nowhere/patch.*{REOPENED}",
        given(**step("patch", command=["/nowhere/patch"])),
    ),
]
_BEFORE = [
    Case(
        "no ingress switch",
        r"^no switch of the ingress is described for demo: day2_ingress is empty; clients would be let in",
        given(day2_ingress=None),
        ends=REFUSED,
    ),
    Case(
        "no queue",
        r"^no queue is described for demo: day2_queues and day2_queues__\* are empty",
        given(day2_queues__orders=[]),
        ends=REFUSED,
        short=True,
    ),
    Case(
        "a window that has ended",
        r"the window has ended, 2026-03-01T04:00:00Z is in the past$",
        given(day2_window={"ends_at": "2026-03-01T04:00:00Z"}),
        ends=REFUSED,
    ),
    Case(
        "a window that is too short",
        r"(1 min|[\d.]+ s) are left until .* and 1 min 2 s are needed$",
        given(day2_window={"duration": "1m", "backups": "none"}, day2_drain_timeout=60),
        ends=REFUSED,
    ),
    Case(
        "a service's name that is none",
        r"not a usable service name: \.\./up",
        given(day2_service="../up"),
        ends=REFUSED,
    ),
    Case("a host that is none", r"no host of the inventory matches target=moon", given(target="moon"), ends=REFUSED),
    Case(
        "a step that is none",
        r"^window_only: no maintenance step moon; described are: vacuum, first, second$",
        given(window_only="moon"),
        ends=REFUSED,
    ),
    Case(
        "a variable that is none", r"^unknown variable day2_servce; expected", given(day2_servce="demo"), ends=REFUSED
    ),
    Case(
        "a group that is none",
        r"maintenance step patch: no group moon in the inventory$",
        given(**step("patch", command=["true"], hosts="moon")),
        ends=REFUSED,
    ),
    Case("a switch that is none", r"switch: unknown kind 'tap'", given(day2_ingress={"kind": "tap"}), ends=REFUSED),
    Case(
        "two ways to do a step",
        r"maintenance step patch has role and command; expected one of tasks, role, command$",
        given(**step("patch", command=["true"], role="day2.ops.service")),
        ends=REFUSED,
    ),
    Case(
        "two ways to say when the window ends",
        r"ends_at and duration are given; give one of the two$",
        given(day2_window={"ends_at": "2126-03-01T04:00:00Z", "duration": "2h"}),
        ends=REFUSED,
    ),
    Case(
        "two ways to close the ingress",
        r"switch: .*unknown option path",
        lambda place: {
            "day2_ingress": {
                "kind": "http",
                "url": f"{place.lab.facts['service']['url']}/ingress",
                "path": "/etc/nginx/closed",
                "state_path": "open",
                "open": {"body": {"open": True}},
                "close": {"body": {"open": False}},
                "outside": {"url": f"{place.lab.facts['service']['url']}/orders"},
            }
        },
        ends=REFUSED,
    ),
    Case(
        "an abort of one step",
        r"^window_do=abort ends the whole window, window_only does one step; give one of the two$",
        given(window_do="abort", window_only="vacuum"),
        ends=REFUSED,
    ),
    Case(
        "nothing to abort",
        r"^no window is open, there is nothing to abort: demo$",
        given(window_do="abort"),
        ends=REFUSED,
    ),
    Case("something else to do", r"^window_do is stop, expected run or abort$", given(window_do="stop"), ends=REFUSED),
    Case(
        "the journal's disk is full",
        r"No space left on device",
        given(),
        ends=REFUSED,
        trouble=full_disk,
        missing=may_not_mount,
    ),
    Case(
        "the journal's folder is a file",
        r"cannot make the folder \(Not a directory\): .*",
        given(day2_state_dir=f"{sys.executable}/state"),
        ends=REFUSED,
    ),
    Case(
        "a queue that cannot be measured",
        r"pings: .*\(nothing was touched\)$",
        given(day2_queues__of_the_fault=[{"name": "pings", "kind": "redis_list", "db": 99}]),
        ends=REFUSED,
    ),
    Case(
        "a check that does not pass",
        r"critical orders queue: fail: dead is 1, expected at most 0 \(nothing was touched\)$",
        given(**_QUICK),
        ends=REFUSED,
        trouble=broken("service", "dlq-add"),
    ),
]
TABLE = [*_IN_THE_MIDDLE, *RUNTIMES, *_BEFORE]
