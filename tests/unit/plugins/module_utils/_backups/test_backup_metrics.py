# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of scheduled backups, read back by the reader of the checks."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.metrics import (
    exposition,
    file_of_metrics,
    write_metrics,
)
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_state import (
    Outcome,
    State,
    after,
    read_state,
    success_file,
    write_state,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.exposition import read_page

GOOD = Outcome(0, "done", {"level": "L3", "size": 5_000_000_001})
NAMES = ("last_success_timestamp_seconds", "last_run_timestamp_seconds", "last_run_success", "duration_seconds")
ALL = (*NAMES, "level", "size_bytes")


def read(text: str) -> dict[str, float]:
    wanted = {f"day2_backup_{name}": lambda _labels: True for name in ALL}
    page = read_page([text.encode()], wanted)
    assert (page.broken, set(page.types.values())) == (0, {"gauge"})
    labels = (("kind", "postgres"), ("name", "orders"))
    return {name.replace("day2_backup_", ""): series[labels] for name, series in page.samples.items()}


def test_a_good_run_tells_all() -> None:
    told = read(exposition("orders", "postgres", after(State(), GOOD, 1000.0, 1002.5)))
    assert told == dict(zip(ALL, (1002.5, 1002.5, 1.0, 2.5, 3.0, 5_000_000_001.0)))


def test_a_failure_keeps_what_is_known_of_the_last_success() -> None:
    good = after(State(), GOOD, 1000.0, 1002.5)
    told = read(exposition("orders", "postgres", after(good, Outcome(1, "no"), 2000.0, 2001.0)))
    assert told == dict(zip(ALL, (1002.5, 2001.0, 0.0, 1.0, 3.0, 5_000_000_001.0)))


def test_what_is_not_known_is_not_there() -> None:
    told = read(exposition("orders", "postgres", after(State(), Outcome(1, "no"), 2000.0, 2001.0)))
    assert sorted(told) == sorted(NAMES[1:])
    unmeasured = after(State(), Outcome(0, "ok", {"level": "high", "size": "large"}), 1.0, 2.0)
    assert (unmeasured.level, unmeasured.size) == (None, None)


def test_a_name_cannot_leave_its_label_or_its_folder(tmp_path: Path) -> None:
    text = exposition('a"} 1\nx{y="', "k\\", State(last_run=1.0))
    assert read_page([text.encode()], {}).broken == 0
    assert file_of_metrics(tmp_path, "../../etc/x").parent == tmp_path


def test_all_may_read_the_file_and_none_sees_half_of_it(tmp_path: Path) -> None:
    write_metrics(tmp_path, "orders", "postgres", State(last_run=1.0))
    (file,) = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("day2_backup_orders.prom", 0o644)
    with pytest.raises(OpsError, match="cannot write"):
        write_metrics(tmp_path / "missing", "orders", "postgres", State())


def test_the_state_is_kept_and_a_broken_one_is_none(tmp_path: Path) -> None:
    state = after(State(), GOOD, 1000.0, 1002.5)
    write_state(tmp_path, "orders", state)
    assert read_state(tmp_path, "orders") == state
    marked = success_file(tmp_path, "orders").read_bytes()
    failed = after(state, Outcome(1, "no"), 2000.0, 2001.0)
    write_state(tmp_path, "orders", failed)
    assert (read_state(tmp_path, "orders"), success_file(tmp_path, "orders").read_bytes()) == (failed, marked)
    for broken in ("", "[]", "{", '{"last_run": 1, "more": 2}'):
        (tmp_path / "orders.json").write_text(broken)
        assert read_state(tmp_path, "orders").last_success is None
