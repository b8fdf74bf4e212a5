# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What setup takes for a usable Python, and what it makes of the lock."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tools import matrix, setup


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_this_python_is_usable_and_known_by_its_real_path() -> None:
    found = setup.probe(sys.executable)
    assert found is not None
    assert found.version == sys.version_info[:3]
    assert found.path == os.path.realpath(sys.executable)


def test_an_interpreter_that_fails_is_passed_over(tmp_path: Path) -> None:
    """As pyenv's shims of inactive versions do."""
    assert setup.probe(script(tmp_path / "python3.12", "exit 127")) is None
    assert setup.probe(str(tmp_path / "absent")) is None


def test_nothing_usable_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "python3.12", "exit 127")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SystemExit) as stopped:
        setup.newest_interpreter()
    assert str(stopped.value).startswith("setup: no Python 3.11 to 3.14 with the venv and ensurepip modules was found")
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("version", "usable"), [((3, 10, 1), False), ((3, 11, 0), True), ((3, 14, 2), True), ((3, 15, 0), False)]
)
def test_supported_series(version: tuple[int, ...], usable: bool) -> None:
    assert setup.is_supported(setup.Interpreter("python3", version)) is usable


def test_the_lock_pins_uv_and_names_no_registry() -> None:
    assert setup.pinned_uv()
    assert "://" not in setup.LOCK.read_text(encoding="utf-8")


def test_matrix_says_what_is_left_out() -> None:
    every = {python: "/python" for core in matrix.CORES for python in core.pythons}
    assert matrix.left_out(every).endswith(": nothing")
    del every["3.14"]
    assert matrix.left_out(every).endswith(": 2.20 on 3.14, 2.21 on 3.14")
