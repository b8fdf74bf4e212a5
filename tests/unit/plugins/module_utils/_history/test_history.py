# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of runs, and files of it that are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._history import store
from ansible_collections.day2.ops.plugins.module_utils._history.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._history.run import numbers, run_of

RESULT = {
    "status": "failed",
    "checks": [
        {"name": "api", "status": "pass", "reason": "", "seen": {"status": 200, "latency": 0.01, "url": "http://x"}},
        {"name": "redis", "status": "fail", "reason": "no connection", "seen": {}},
    ],
}


def remember(folder: Path, check_mode: bool = False, **options: Any) -> Result:
    given = {"service": "shop", "state_dir": str(folder), "hosts": {"web": RESULT}, **options}
    return operate(SPEC.validate(given, "arguments"), check_mode)


def test_a_run_keeps_status_and_numbers_only() -> None:
    assert run_of(RESULT, 1_700_000_000) == {
        "at": "2023-11-14T22:13:20Z",
        "status": "failed",
        "checks": {
            "api": {"status": "pass", "seen": {"status": 200, "latency": 0.01}},
            "redis": {"status": "fail", "seen": {}},
        },
    }


def test_a_host_without_a_result_is_remembered_as_unknown() -> None:
    assert run_of({}, 0) == {"at": "1970-01-01T00:00:00Z", "status": "unknown", "checks": {}}


def test_numbers_by_path() -> None:
    seen = {"a": {"b": 1, "c.d": 2.5}, "yes": True, "text": "5", "nan": float("nan"), "list": [1], "none": None, "z": 0}
    assert numbers(seen) == {"a.b": 1, 'a."c.d"': 2.5, "z": 0}


def test_numbers_are_few() -> None:
    assert len(numbers({str(number): number for number in range(1000)})) == 40


def test_runs_add_up_and_the_oldest_are_forgotten(tmp_path: Path) -> None:
    assert remember(tmp_path, keep=2).data["history"] == {"web": []}
    assert [len(remember(tmp_path, keep=2).data["history"]["web"]) for _run in range(3)] == [1, 2, 2]
    path = tmp_path / "shop/history/web.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_check_mode_adds_nothing(tmp_path: Path) -> None:
    told = remember(tmp_path, check_mode=True)
    assert (told.changed, told.data) == (False, {"history": {"web": []}})
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_a_slash_stays_in_the_folder(tmp_path: Path) -> None:
    remember(tmp_path, hosts={"../../up": RESULT})
    assert [path.name for path in (tmp_path / "shop/history").glob("*.json")] == ["..%2F..%2Fup.json"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": 1, "runs": [{"at"', "the file is not valid JSON"),
        ("[]", "the file is no history of checks"),
        ('{"format": 2, "runs": []}', "the history has format 2, expected 1"),
    ],
)
def test_a_damaged_file_is_told_and_put_aside(tmp_path: Path, content: str, words: str) -> None:
    folder = store.folder_of(str(tmp_path), "shop")
    folder.mkdir(parents=True)
    store.file_of(folder, "web").write_text(content, encoding="utf-8")
    with pytest.raises(OpsError, match=words):
        store.read(folder, "web")
    (damage,) = store.read_or_damage(folder, "web")
    assert words in damage["damaged"]
    told = remember(tmp_path)
    assert len(told.warnings) == 1
    assert words in told.warnings[0]
    assert "put aside as web.json.damaged-" in told.warnings[0]
    (aside,) = folder.glob("*.damaged-*")
    assert aside.read_text(encoding="utf-8") == content
    assert len(store.read(folder, "web")) == 1


def test_check_mode_tells_of_damage_and_leaves_it(tmp_path: Path) -> None:
    folder = store.folder_of(str(tmp_path), "shop")
    folder.mkdir(parents=True)
    store.file_of(folder, "web").write_text("{", encoding="utf-8")
    told = remember(tmp_path, check_mode=True)
    assert "the file is not valid JSON" in told.warnings[0]
    assert store.file_of(folder, "web").read_text(encoding="utf-8") == "{"


def test_a_folder_that_cannot_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = remember(tmp_path / "file")
    assert told.warnings == [f"web: cannot make the folder (Not a directory): {tmp_path}/file/shop/history"]


def test_hosts_of_several_services(tmp_path: Path) -> None:
    remember(tmp_path, services={"db": "bank"}, hosts={"web": RESULT, "db": RESULT})
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")) == [
        "bank/history/db.json",
        "shop/history/web.json",
    ]


@pytest.mark.parametrize("options", [{"service": "../up"}, {"keep": 0}, {"service": None, "services": {"db": "bank"}}])
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        remember(tmp_path, **options)


def test_what_is_written_is_json(tmp_path: Path) -> None:
    remember(tmp_path)
    content = json.loads((tmp_path / "shop/history/web.json").read_text(encoding="utf-8"))
    assert (content["format"], len(content["runs"])) == (1, 1)
