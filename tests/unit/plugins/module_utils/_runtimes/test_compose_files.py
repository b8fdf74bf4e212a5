# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a project of compose are those that compose itself takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere
from ansible_collections.day2.ops.plugins.module_utils._runtimes.compose import SPEC
from ansible_collections.day2.ops.plugins.module_utils._runtimes.compose_files import files_of


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"):
        monkeypatch.delenv(name, raising=False)


def files(folder: Path, *there: str, env: str | None = None, **options: Any) -> list[str]:
    for name in there:
        (folder / name).touch()
    if env is not None:
        (folder / ".env").write_text(env, encoding="utf-8")
    return list(files_of(SPEC.validate({"project_dir": str(folder), **options}, "runtime")))


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["docker-compose.yaml", "docker-compose.yml"], ["docker-compose.yml"]),
        (["compose.yml", "docker-compose.override.yml"], ["compose.yml", "docker-compose.override.yml"]),
        (["compose.yml", "compose.override.yaml", "compose.override.yml"], ["compose.yml", "compose.override.yml"]),
        (["docker-compose.yml", "compose.day2.yml"], ["docker-compose.yml", "compose.day2.yml"]),
    ],
)
def test_files_are_found_by_name(tmp_path: Path, there: list[str], taken: list[str]) -> None:
    assert files(tmp_path, *there) == taken


@pytest.mark.parametrize(
    "env",
    [
        "COMPOSE_FILE=a.yml:b.yml\n",
        "# COMPOSE_FILE=c.yml\nPASSWORD=$x#y\nexport COMPOSE_FILE = 'a.yml:b.yml' # ours\n",
        'COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE: "a.yml,b.yml"\n',
        "COMPOSE_FILE=c.yml\nCOMPOSE_FILE=a.yml:b.yml # the later one counts\n",
        "COMPOSE_FILE=${DAY2_FIRST}:$DAY2_SECOND\n",
    ],
)
def test_files_are_named_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: str) -> None:
    monkeypatch.setenv("DAY2_FIRST", "a.yml")
    monkeypatch.setenv("DAY2_SECOND", "b.yml")
    assert files(tmp_path, "compose.yml", "compose.override.yml", env=env) == ["a.yml", "b.yml"]


def test_which_variable_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.env").write_text("COMPOSE_FILE=one.yml\n", encoding="utf-8")
    (tmp_path / "two.env").write_text("COMPOSE_FILE=two.yml\n", encoding="utf-8")
    names = ["one.env", "two.env"]
    assert files(tmp_path, env="COMPOSE_FILE=three.yml\n", env_files=names) == ["two.yml"]
    assert files(tmp_path, env_files=names[:1]) == ["one.yml"]
    monkeypatch.setenv("COMPOSE_FILE", "four.yml")
    assert files(tmp_path, env_files=names) == ["four.yml"]
    assert files(tmp_path, env_files=names, files=["five.yml"]) == ["five.yml"]


def test_what_is_not_understood_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"COMPOSE_FILE is not understood: .*/\.env; name the files in the option files"
    ):
        files(tmp_path, env="COMPOSE_FILE=${STAGE:-test}.yml\n")
    with pytest.raises(NotThere, match="no compose file"):
        files(tmp_path, env="COMPOSE_FILE=\n")
