# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Optional libraries: the host's own, those of the private environment, or a line that names the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import MissingLibrary
from ansible_collections.day2.ops.plugins.module_utils._core.libraries import load, private_site_packages


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give the test an import path of its own and a private environment under its folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("DAY2_VENV", str(tmp_path / "venv"))


def test_what_the_host_has() -> None:
    assert load("json.decoder").__name__ == "json.decoder"


def test_what_is_nowhere() -> None:
    with pytest.raises(MissingLibrary) as caught:
        load("day2_no_such_library.part")
    assert caught.value.package == "day2_no_such_library"
    assert sys.executable in str(caught.value)


@pytest.mark.parametrize("number", [0, 1], ids=["its own", "in that of another version"])
def test_the_private_environment_of_this_python(number: int) -> None:
    folder = private_site_packages()[number]
    folder.mkdir(parents=True)
    (folder / "day2_private_library.py").write_text("FOUND = True\n")
    assert load("day2_private_library").FOUND
    assert sys.path[-1] == str(folder)
    del sys.modules["day2_private_library"]


def test_without_a_name_the_usual_places_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAY2_VENV")
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = [str(path) for path in private_site_packages()]
    assert places[0] == f"/opt/day2/venv/lib/{version}/site-packages"
    assert places[1] == f"/opt/day2/venv/{version}/lib/{version}/site-packages"
    assert places[2].endswith(f".local/share/day2/venv/lib/{version}/site-packages")
    assert places[3].endswith(f".local/share/day2/venv/{version}/lib/{version}/site-packages")
