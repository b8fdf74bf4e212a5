# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy that ansible-test works on is the checkout's sources, no more and no less."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tools.mirror import files_below, refresh


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    top = tmp_path / "checkout"
    for name in ("galaxy.yml", "plugins/modules/a.py", "tests/unit/test_a.py", ".ci/run"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(name, encoding="utf-8")
    return top


def names(top: Path) -> set[str]:
    return {str(path) for path in files_below(top)}


def test_copies_sources_with_their_modes(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".ci" / "run").chmod(0o755)
    copy = refresh(checkout, tmp_path / "copy")
    assert names(copy) == {"galaxy.yml", "plugins/modules/a.py", "tests/unit/test_a.py", ".ci/run"}
    assert os.access(copy / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize(
    "generated",
    [".venv/bin/x", ".work/x", "build/x", "tests/output/x", "plugins/__pycache__/x", "day2-ops-1.0.0.tar.gz"],
)
def test_leaves_generated_files_out(checkout: Path, tmp_path: Path, generated: str) -> None:
    (checkout / generated).parent.mkdir(parents=True, exist_ok=True)
    (checkout / generated).write_text("", encoding="utf-8")
    assert not (refresh(checkout, tmp_path / "copy") / generated).exists()


def test_follows_changes_and_removals_and_keeps_results(checkout: Path, tmp_path: Path) -> None:
    copy = refresh(checkout, tmp_path / "copy")
    result = copy / "tests" / "output" / "result.json"
    result.parent.mkdir(parents=True)
    result.write_text("{}", encoding="utf-8")
    (checkout / "galaxy.yml").write_text("name: ops", encoding="utf-8")
    (checkout / "plugins" / "modules" / "a.py").unlink()
    refresh(checkout, copy)
    assert (copy / "galaxy.yml").read_text(encoding="utf-8") == "name: ops"
    assert not (copy / "plugins" / "modules" / "a.py").exists()
    assert result.exists()


def test_does_not_touch_what_has_not_changed(checkout: Path, tmp_path: Path) -> None:
    copy = refresh(checkout, tmp_path / "copy")
    before = (copy / "galaxy.yml").stat().st_ino
    refresh(checkout, copy)
    assert (copy / "galaxy.yml").stat().st_ino == before


def test_a_link_stays_a_link(checkout: Path, tmp_path: Path) -> None:
    (checkout / "COPYING").symlink_to("galaxy.yml")
    copy = refresh(checkout, tmp_path / "copy")
    assert os.readlink(copy / "COPYING") == "galaxy.yml"
