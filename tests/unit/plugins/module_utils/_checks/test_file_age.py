# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ages and sizes of real files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt


def aged(path: Path, seconds: float, text: str = "content") -> Path:
    path.write_text(text)
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_fresh_and_large_enough(attempt: Attempt, tmp_path: Path) -> None:
    path = aged(tmp_path / "dump", 3600)
    outcome = attempt("file_age", path=str(path), max_age="2h", min_size=7)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["size"] == 7
    assert outcome.values["age"] == pytest.approx(3600, abs=60)


def test_too_old_and_too_small(attempt: Attempt, tmp_path: Path) -> None:
    path = aged(tmp_path / "dump", 7200)
    outcome = attempt("file_age", path=str(path), max_age="1h", min_size="1K")
    assert outcome.status == "fail"
    assert "age is 2 h, expected at most 1 h; size is 7 bytes, expected at least 1024 bytes" in outcome.reason


def test_missing_is_a_failure_unless_allowed(attempt: Attempt, tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere")
    missing = attempt("file_age", path=path, max_age=1)
    assert (missing.status, missing.reason) == ("fail", f"no such file: {path}")
    allowed = attempt("file_age", path=path, max_age=1, must_exist=False)
    assert (allowed.status, allowed.values["exists"]) == ("pass", False)


def test_the_newest_or_the_oldest_of_many(attempt: Attempt, tmp_path: Path) -> None:
    for hours in (3, 1, 2):
        aged(tmp_path / f"{hours}.dump", hours * 3600)
    (tmp_path / "folder.dump").mkdir()
    pattern = str(tmp_path / "*.dump")
    newest = attempt("file_age", glob=pattern, max_age="90m")
    assert (newest.status, newest.values["file"], newest.values["matches"]) == ("pass", str(tmp_path / "1.dump"), 3)
    oldest = attempt("file_age", glob=pattern, which="oldest", max_age="90m")
    assert (oldest.status, oldest.values["file"]) == ("fail", str(tmp_path / "3.dump"))


def test_nothing_matches(attempt: Attempt, tmp_path: Path) -> None:
    pattern = str(tmp_path / "no" / "*" / "x*")
    assert attempt("file_age", glob=pattern).reason == f"no file matches: {pattern}"
    assert attempt("file_age", glob=pattern, must_exist=False).status == "pass"


def test_a_link_is_followed_or_looked_at_itself(attempt: Attempt, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(aged(tmp_path / "old", 7200))
    assert attempt("file_age", path=str(link), max_age="1h").status == "fail"
    assert attempt("file_age", path=str(link), max_age="1h", follow=False).status == "pass"


def test_a_dangling_link_is_a_missing_file(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert attempt("file_age", path=str(tmp_path / "link")).status == "fail"


def test_a_file_from_the_future_is_not_fresh(attempt: Attempt, tmp_path: Path) -> None:
    path = aged(tmp_path / "dump", -7205)
    outcome = attempt("file_age", path=str(path), max_age="1h")
    assert outcome.status == "fail"
    assert outcome.reason.startswith("the file's time is 2 h ahead of this host's clock: ")


def test_a_file_as_a_folder(attempt: Attempt, tmp_path: Path) -> None:
    path = aged(tmp_path / "file", 0)
    assert attempt("file_age", path=f"{path}/inner").reason == f"no such file: {path}/inner"


@pytest.mark.parametrize("wanted", [{"path": "{0}/inner"}, {"glob": "{0}/*", "must_exist": False}])
def test_a_folder_that_may_not_be_read_is_unknown(wanted: dict[str, object], tmp_path: Path) -> None:
    """Ask as an ordinary user, as root may read everything."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    options = {name: str(value).format(folder) if isinstance(value, str) else value for name, value in wanted.items()}
    code = (
        "import os\n"
        "from ansible_collections.day2.ops.plugins.module_utils._checks.operation import Attempts, build_checks\n"
        f"check = build_checks([dict(name='it', kind='file_age', **{options!r})], {{}})[0]\n"
        "attempts = Attempts({}); os.getuid() or os.setresuid(65534, 65534, 65534)\n"
        "outcome = attempts.attempt(check); print(outcome.status, outcome.reason)"
    )
    for parent in list(tmp_path.parents)[:2]:
        parent.chmod(0o711)
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.startswith("unknown cannot l"), done.stderr
    assert "Permission denied" in done.stdout


@pytest.mark.parametrize("options", [{}, {"path": "/a", "glob": "/b"}])
def test_path_or_glob(attempt: Attempt, options: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"path.*glob"):
        attempt("file_age", **options)


def test_an_age_that_is_none(attempt: Attempt) -> None:
    with pytest.raises(InputError, match=r"max_age.*such as 26h"):
        attempt("file_age", path="/etc/passwd", max_age="yesterday")
