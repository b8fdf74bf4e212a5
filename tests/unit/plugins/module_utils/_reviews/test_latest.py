# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest report of a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._reviews.latest import operate


def written(folder: Path, stem: str, **given: Any) -> None:
    report = {
        "generated_at": "2026-11-24T07:00:00Z",
        "status": "failed",
        "summary": stem,
        "hosts": {"h": {"failures": ["a"], "warnings": ["b"]}},
        **given,
    }
    (folder / f"{stem}.json").write_text(json.dumps(report), encoding="utf-8")


def test_the_newest_of_the_name_is_read(tmp_path: Path) -> None:
    written(tmp_path, "daily-checks-20261123T070000Z")
    written(tmp_path, "daily-checks-20261124T070000Z")
    written(tmp_path, "daily-checks-extra-20261125T070000Z")
    written(tmp_path, "maintenance-20261125T070000Z")
    told = operate({"name": "daily-checks", "dir": str(tmp_path)}).data
    assert told["found"]
    assert told["summary"] == "daily-checks-20261124T070000Z"
    assert told["failures"] == {"h": ["a", "b"]}


@pytest.mark.parametrize("folder", ["", "nothing"])
def test_none_is_found(tmp_path: Path, folder: str) -> None:
    assert operate({"name": "daily-checks", "dir": str(tmp_path / folder)}).data["found"] is False


def test_a_damaged_report_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x-20261124T070000Z.json").write_text("[]", encoding="utf-8")
    with pytest.raises(OpsError, match="the file is no report"):
        operate({"name": "x", "dir": str(tmp_path)})


def test_a_name_stays_in_its_folder(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="not a usable report name"):
        operate({"name": "../x", "dir": str(tmp_path)})
