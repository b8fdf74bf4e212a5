# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers in all their states, on a project of compose whose docker is played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.command import Completed
from ansible_collections.day2.ops.plugins.module_utils._runtimes import compose
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate


def look(monkeypatch: pytest.MonkeyPatch, folder: Path, *states: str, **options: Any) -> dict[str, Any]:
    """Return what is told of a worker whose containers are in these states."""
    limits = dict.fromkeys(("NanoCpus", "CpuQuota", "CpuPeriod", "Memory"), 0)
    same = {**limits, "Image": "shop", "Id": "1", "ExitCode": 1, "OOMKilled": False, "Health": None, "OneOff": "False"}
    told = [{**same, "Name": f"/w-{number}", "Status": one, "Service": "worker"} for number, one in enumerate(states)]

    def docker(argv: Sequence[str], *_more: Any, **_options: Any) -> Completed:
        said = "1 2" if "ps" in argv else "\n".join(map(json.dumps, told))
        if "config" in argv:
            said = json.dumps({"name": "shop", "services": {"worker": {"image": "shop"}}})
        return Completed(0, said, "", len(said))

    monkeypatch.setattr(compose, "run", docker)
    (folder / "compose.yml").touch()
    runtime = {"kind": "compose", "project_dir": str(folder), "parts": [{"name": "worker"}]}
    (part,) = operate(SPEC.validate({"runtime": runtime, **options}, "service_info"), False).data["parts"]
    return dict(part)


@pytest.mark.parametrize("state", ["restarting", "paused", "running"])
def test_a_stop_is_of_all_that_do_not_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str) -> None:
    assert look(monkeypatch, tmp_path, "exited", state, intent="stopped")["change"]


@pytest.mark.parametrize("state", ["created", "exited", "dead"])
def test_what_rests_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str) -> None:
    assert not look(monkeypatch, tmp_path, state, intent="stopped")["change"]


def test_one_that_restarts_is_to_be_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert look(monkeypatch, tmp_path, "restarting", intent="started")["change"]


def test_a_project_may_have_much_to_tell(tmp_path: Path) -> None:
    services = {f"service-{number}": {"environment": {"WORDS": "x" * 1000}} for number in range(200)}
    (tmp_path / "config.json").write_text(json.dumps({"name": "shop", "services": services}), encoding="utf-8")
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\ncase "$*" in *config*) cat {tmp_path}/config.json;; esac\n', encoding="utf-8")
    docker.chmod(0o755)
    (tmp_path / "compose.yml").touch()
    parts = [{"name": "service-0"}]
    runtime = {"kind": "compose", "project_dir": str(tmp_path), "docker_cli": str(docker), "parts": parts}
    result = operate(SPEC.validate({"runtime": runtime}, "service_info"), False)
    assert result.data["parts"][0]["now"]["running"] == 0
