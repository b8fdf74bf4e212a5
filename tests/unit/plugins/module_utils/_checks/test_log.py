# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting lines of real files, as Python's logging writes them."""

from __future__ import annotations

import logging
import logging.handlers
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def logger(log: Path) -> Iterator[logging.Logger]:
    """A logger that rotates its file every few lines."""
    handler = logging.handlers.RotatingFileHandler(log, maxBytes=2000, backupCount=50)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    mine = logging.Logger("shop")
    mine.addHandler(handler)
    yield mine
    handler.close()


def test_errors_are_counted_across_rotated_files(attempt: Attempt, log: Path, logger: logging.Logger) -> None:
    for number in range(100):
        logger.info("order %d", number)
        if number % 10 == 0:
            logger.error("cannot bill order %d", number)
    outcome = attempt("log", path=str(log))
    assert (outcome.status, outcome.reason) == ("fail", "matches is 10, expected at most 0")
    values = outcome.values
    assert (values["lines"], values["complete"], values["note"]) == (110, True, "")
    assert values["first"].endswith("ERROR shop: cannot bill order 0")
    assert values["last"].endswith("ERROR shop: cannot bill order 90")
    assert attempt("log", path=str(log), max_matches=10).status == "pass"
    assert attempt("log", path=str(log), level="critical").status == "pass"
    assert attempt("log", path=str(log), exclude="cannot bill").status == "pass"
    both = attempt("log", path=str(log), pattern="order 9", level="info", exclude="bill")
    assert both.values["matches"] == 11


def test_a_traceback_belongs_to_its_line(attempt: Attempt, log: Path, logger: logging.Logger) -> None:
    try:
        raise ValueError("no such item")
    except ValueError:
        logger.exception("cannot bill")
    assert attempt("log", path=str(log)).values["matches"] == 1
    assert attempt("log", path=str(log), pattern="^ValueError").values["matches"] == 1


def test_lines_that_must_be_there(attempt: Attempt, log: Path, logger: logging.Logger) -> None:
    logger.info("tick")
    assert attempt("log", path=str(log), pattern="tick", min_matches=1).status == "pass"
    silent = attempt("log", path=str(log), pattern="tock", min_matches=1)
    assert (silent.status, silent.reason) == ("fail", "matches is 0, expected at least 1")
    between = attempt("log", path=str(log), pattern="tick", min_matches=1, max_matches=0)
    assert between.reason == "matches is 1, expected at most 0"


def test_secrets_and_what_a_terminal_acts_upon_are_not_shown(
    attempt: Attempt, log: Path, logger: logging.Logger
) -> None:
    logger.error("\x1b[31mlogin of redis://app:hunter2@cache with password=hunter2 \x07" + "x" * 10_000)
    outcome = attempt("log", path=str(log))
    shown = str(outcome.values)
    assert "hunter2" not in shown
    assert "redis://***@cache" in outcome.values["last"]
    assert len(outcome.values["last"]) == 300
    assert outcome.values["last"].isprintable()


def test_what_was_not_read_to_the_beginning_is_unknown(attempt: Attempt, log: Path) -> None:
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    log.write_text(f"{stamp} INFO quiet\n" * 10_000 + f"{stamp} ERROR one\n")
    outcome = attempt("log", path=str(log), max_bytes=10_000, max_matches=1)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("matches is null (the window was not read to its beginning, see note; ")
    assert (outcome.values["matches"], outcome.values["complete"]) == (1, False)
    assert outcome.values["note"] == "max_bytes of 10000 were read"


def test_too_many_are_too_many_wherever_the_reading_ended(attempt: Attempt, log: Path) -> None:
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    log.write_text(f"{stamp} ERROR one\n" * 10_000)
    outcome = attempt("log", path=str(log), max_bytes=10_000)
    assert outcome.status == "fail"
    assert attempt("log", path=str(log), max_bytes=10_000, pattern="one", min_matches=5).status == "pass"


def test_no_file(attempt: Attempt, log: Path) -> None:
    outcome = attempt("log", path=str(log))
    assert (outcome.status, outcome.reason) == ("unknown", f"no such file: {log}")
    assert attempt("log", path=str(log), must_exist=False).status == "pass"
    assert attempt("log", path=str(log), must_exist=False, min_matches=1).status == "fail"


def test_a_file_that_may_not_be_read_is_unknown(log: Path, tmp_path: Path) -> None:
    """Ask as an ordinary user, as root may read everything."""
    log.write_text("x")
    log.chmod(0)
    code = (
        "import os\n"
        "from ansible_collections.day2.ops.plugins.module_utils._checks.operation import Attempts, build_checks\n"
        "from ansible_collections.day2.ops.plugins.module_utils._logs import files\n"
        f"check = build_checks([dict(name='it', kind='log', path={str(log)!r})], {{}})[0]\n"
        "attempts = Attempts({}); os.getuid() or os.setresuid(65534, 65534, 65534)\n"
        "outcome = attempts.attempt(check); print(outcome.status, outcome.reason)"
    )
    for parent in [tmp_path, *list(tmp_path.parents)[:3]]:
        parent.chmod(0o711)
    environment = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == f"unknown cannot read the file (Permission denied): {log}\n", done.stderr


def test_without_docker_a_container_is_unknown(attempt: Attempt, tmp_path: Path) -> None:
    outcome = attempt("log", container="engine", docker_host=f"unix://{tmp_path}/docker.sock")
    assert outcome.status == "unknown"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the following is required: path, glob, journal_unit, container"),
        ({"path": "/a", "container": "b"}, "mutually exclusive"),
        ({"path": "/a", "pattern": "("}, "pattern"),
        ({"path": "/a", "since": 0}, "since of the check it is 0 s; expected more than 0"),
        ({"path": "/a", "level": "loud"}, "level must be one of"),
        ({"path": "/a", "max_bytes": "much"}, "max_bytes"),
    ],
)
def test_options_that_make_no_sense(attempt: Attempt, options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        attempt("log", **options)
