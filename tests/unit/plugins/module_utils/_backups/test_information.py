# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of catalogues: all that is there, what is wrong, the objective, what would go next."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.information import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import FILE_NAME
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

from .toy_kind import made_toy

HOUR = 3600.0


def look(path: Path, **options: Any) -> Result:
    result = operate(SPEC.validate({"path": str(path), **options}, "test"), False)
    json.dumps(result.data)
    assert not result.changed and not result.failed
    return result


def test_catalogues_are_told(tmp_path: Path) -> None:
    now = time.time()
    new, old = made_toy(tmp_path / "x", now - HOUR, level="L2"), made_toy(tmp_path / "x", now - 30 * HOUR)
    damaged = made_toy(tmp_path / "y%20z", now - 2 * HOUR)
    (damaged / "data").write_bytes(b"")
    cut = made_toy(tmp_path / "y%20z", now - 3 * HOUR)
    (cut / FILE_NAME).write_bytes(b"{}")
    (tmp_path / ".fetched-1").mkdir()
    (tmp_path / "x" / ".partial-20260101T000000Z-x").mkdir()
    done = look(tmp_path, rpo="26h")
    x, y = done.data["catalogs"]
    assert (x["name"], x["count"], x["newest"], x["newest_level"], x["rpo_state"]) == ("x", 2, new.name, "L2", "met")
    assert [row["backup"] for row in x["backups"]] == [new.name, old.name]
    assert HOUR <= x["age"] < HOUR + 60
    assert (y["newest"], y["age"], y["rpo_state"]) == (None, None, "missed")
    assert y["backups"][0]["damage"] == "data has 0 bytes, the manifest says 9"
    assert y["refused"][0]["backup"] == cut.name
    assert done.data["totals"]["rpo_missed"] == ["y%20z"]
    assert "1 damaged; 1 refused; RPO missed: y%20z" in done.msg
    assert look(tmp_path, rpo={"y z": "1h"}).data["totals"]["rpo_missed"] == ["y%20z"]


def test_one_backup_is_told_in_full(tmp_path: Path) -> None:
    backup = made_toy(tmp_path / "x", time.time() - HOUR)
    told = look(tmp_path, name="x", backup=backup.name).data["backup"]
    assert told["manifest"]["facts"] == {"words": 2}
    assert told["copies"] == [{"where": "local", "damage": ""}]
    assert look(tmp_path, name="x", backup="newest").data["backup"]["backup"] == backup.name
    with pytest.raises(NotThere):
        look(tmp_path, name="x", backup="20000101T000000Z-x")


def test_what_would_go_next_is_told(tmp_path: Path) -> None:
    made = [made_toy(tmp_path / "x", time.time() - hours * HOUR) for hours in (1, 2, 3)]
    (catalog,) = look(tmp_path, retention={"last": 2}).data["catalogs"]
    expected = [{"backup": made[2].name, "where": str(tmp_path / "x"), "why": "no rule keeps it"}]
    assert catalog["next_removed"] == expected
    assert made[2].is_dir()


def test_a_thing_without_backups_has_missed_its_objective(tmp_path: Path) -> None:
    (catalog,) = look(tmp_path, name="x", rpo="1d").data["catalogs"]
    assert (catalog["count"], catalog["rpo_state"]) == (0, "missed")
    with pytest.raises(NotThere, match="no such folder of backups"):
        look(tmp_path / "other")


def test_a_thousand_backups_are_told_fast(tmp_path: Path) -> None:
    for number in range(1000):
        made_toy(tmp_path / "x", time.time() - number * HOUR)
    begin = time.process_time()
    done = look(tmp_path, retention={"daily": 7})
    assert done.data["totals"]["backups"] == 1000
    assert time.process_time() - begin < 20  # it takes a fifth of a second; this says that it is not quadratic


@pytest.mark.parametrize(
    "options", [{"backup": "newest"}, {"rpo": "x"}, {"rpo": {"a": "x"}}, {"retention": {"last": 0}}]
)
def test_options_that_cannot_be_meant_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        look(tmp_path, **options)
