# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder of scratch servers is ours alone; the account that they run as is one that PostgreSQL takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_scratch_folder, postgres_scratch_server
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_scratch_folder import own_folder
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(postgres_scratch_folder, "_PARENT", str(tmp_path / "scratch-{}"))
    return tmp_path / f"scratch-{os.geteuid()}"


def test_the_folder_goes_with_the_last_that_is_in_it(parent: Path) -> None:
    with own_folder(None) as first:
        with own_folder(None) as second:
            assert first.parent == second.parent == parent
            assert first != second
        assert first.is_dir()
    assert not parent.exists()


@pytest.mark.parametrize("planted", ["link", "open", "file"])
def test_a_folder_that_others_have_planted_is_refused(parent: Path, planted: str) -> None:
    if planted == "link":
        (parent.parent / "elsewhere").mkdir()
        parent.symlink_to(parent.parent / "elsewhere")
    elif planted == "open":
        parent.mkdir()
        parent.chmod(0o777)
    else:
        parent.write_text("")
    with pytest.raises(OpsError, match=r"not ours alone|cannot make the folder"), own_folder(None):
        pass


def test_a_given_folder_stays(tmp_path: Path) -> None:
    with own_folder(str(tmp_path)) as folder:
        assert folder.parent == tmp_path
    assert not list(tmp_path.iterdir())
    for wrong in ("relative", str(tmp_path / "missing")):
        with pytest.raises(InputError, match="absolute path of a folder"), own_folder(wrong):
            pass


def test_a_given_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(InputError, match="others may write"), own_folder(str(tmp_path)):
        pass


def test_root_needs_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NotThere, match=r"no account to run the scratch server as: no-such-account.*rehearsal\.user"):
        postgres_scratch_server.account_of({"user": "no-such-account"})
    with pytest.raises(InputError, match="refuses to run as root"):
        postgres_scratch_server.account_of({"user": "root"})


def test_others_than_root_run_it_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert postgres_scratch_server.account_of({"user": None}) is None
    with pytest.raises(InputError, match="only root"):
        postgres_scratch_server.account_of({"user": "root"})


def test_a_path_that_no_socket_fits_in_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    with pytest.raises(InputError, match="too long for a socket"):
        postgres_scratch_server.server_folder(folder, None)
