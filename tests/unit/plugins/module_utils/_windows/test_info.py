# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which windows are open, read without touching them."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.day2.ops.plugins.module_utils._windows.info import operate
from ansible_collections.day2.ops.plugins.module_utils._windows.journal import Journal
from ansible_collections.day2.ops.plugins.module_utils._windows.owner import Owner

US = Owner.of_process(os.getpid())
GONE = Owner(US.user, US.host, US.pid, US.started + 1, US.boot, US.namespace)


def look(folder: Path, service: str | None = None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = operate({"state_dir": str(folder), "service": service}).data["windows"]
    return found


def test_no_folder_is_no_window(tmp_path: Path) -> None:
    assert look(tmp_path / "nothing") == []
    assert not (tmp_path / "nothing").exists()


def test_an_open_window_says_who_and_what(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "shop")
    journal.open(US, "vacuum", takeover=False)
    journal.note(US, "ingress closed", "done", {})
    journal.note(US, "step: vacuum", "started", {})
    before = journal.path.read_bytes()
    (window,) = look(tmp_path)
    assert (window["state"], window["reason"], window["abandoned"]) == ("open", "vacuum", False)
    assert window["unfinished"] == ["step: vacuum"]
    assert str(US.pid) in str(window["holder"])
    assert journal.path.read_bytes() == before


def test_a_window_whose_holder_died_is_abandoned(tmp_path: Path) -> None:
    Journal(tmp_path, "shop").open(GONE, "vacuum", takeover=False)
    assert look(tmp_path)[0]["abandoned"] is True


def test_a_closed_window_is_not_open(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "shop")
    journal.open(US, "vacuum", takeover=False)
    journal.close(US, "done", "all steps done")
    told = operate({"state_dir": str(tmp_path), "service": None}).data
    assert told["windows"][0]["outcome"] == "done"
    assert told["open"] == []


def test_a_damaged_journal_is_unknown_and_hides_no_other(tmp_path: Path) -> None:
    for service, content in (("a", "{"), ("b", '{"format": 1}')):
        (tmp_path / service).mkdir()
        (tmp_path / service / "window.json").write_text(content, encoding="utf-8")
    Journal(tmp_path, "c").open(US, "vacuum", takeover=False)
    assert [window["state"] for window in look(tmp_path)] == ["unknown", "unknown", "open"]


def test_one_service(tmp_path: Path) -> None:
    Journal(tmp_path, "a").open(US, "x", takeover=False)
    Journal(tmp_path, "b").open(US, "y", takeover=False)
    assert [window["service"] for window in look(tmp_path, "b")] == ["b"]
