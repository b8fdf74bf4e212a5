# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images behind their names, on a project of compose whose docker is played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.command import Completed
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._runtimes import compose
from ansible_collections.day2.ops.plugins.module_utils._runtimes.compose_images import Images
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate


class Docker:
    """What docker would say: the services, the ids that their containers run, and what names mean."""

    def __init__(self) -> None:
        self.services: dict[str, Any] = {"page": {"build": {"context": "."}}, "cache": {"image": "redis:7"}}
        self.runs = {"page": ["old"], "cache": ["seven"]}
        self.means = {"shop-page": "new", "redis:7": "seven"}

    def __call__(self, argv: Sequence[str], *_more: Any, **_options: Any) -> Completed:
        if "config" in argv:
            return _said(json.dumps({"name": "shop", "services": self.services}))
        if "image" in argv:
            found = self.means.get(argv[-1])
            return _said(found or "", 0 if found else 1)
        if "ps" in argv:
            return _said("1 2")
        lines = [self._told(name, image) for name, images in self.runs.items() for image in images]
        return _said("\n".join(map(json.dumps, lines)))

    def _told(self, service: str, image: str) -> dict[str, Any]:
        state = {"Status": "running", "ExitCode": 0, "OOMKilled": False, "Health": None}
        limits = dict.fromkeys(("NanoCpus", "CpuQuota", "CpuPeriod", "Memory"), 0)
        own = {"Name": f"/shop-{service}-1", "Image": "x", "Id": image, "Service": service, "OneOff": "False"}
        return {**state, **limits, **own}


def _said(text: str, status: int = 0) -> Completed:
    return Completed(status, text, "", len(text))


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Docker:
    made = Docker()
    monkeypatch.setattr(compose, "run", made)
    return made


def look(folder: Path, **options: Any) -> dict[str, dict[str, Any]]:
    (folder / "compose.yml").touch()
    runtime = {"kind": "compose", "project_dir": str(folder), "parts": [{"name": "page"}, {"name": "cache"}]}
    given = SPEC.validate({"runtime": runtime, "intent": "renewed", **options}, "service_info")
    return {part["name"]: part for part in operate(given, False).data["parts"]}


def test_who_runs_another_image_than_its_name_means_is_renewed(docker: Docker, tmp_path: Path) -> None:
    found = look(tmp_path, image="day2-before-1")
    assert [found[name]["change"] for name in ("page", "cache")] == [True, False]
    assert found["page"]["images"] == {
        "name": "shop-page",
        "builds": True,
        "pinned": False,
        "runs": "old",
        "several": False,
        "means": "new",
        "keep_as": "shop-page:day2-before-1",
        "kept": None,
    }
    docker.means["redis:day2-before-1-7"] = "six"
    assert look(tmp_path, image="day2-before-1")["cache"]["images"]["kept"] == "six"


def test_a_digest_never_means_another(docker: Docker, tmp_path: Path) -> None:
    docker.services["cache"]["image"] = "redis@sha256:0123"
    found = look(tmp_path, image="day2-before-1")["cache"]
    assert (found["images"]["pinned"], found["images"]["keep_as"], found["change"]) == (True, None, False)


def test_a_name_that_means_nothing_changes_nothing(docker: Docker, tmp_path: Path) -> None:
    del docker.means["shop-page"]
    assert not look(tmp_path)["page"]["change"]


def test_of_two_there_is_none_to_go_back_to(docker: Docker, tmp_path: Path) -> None:
    docker.runs["page"] = ["old", "older"]
    with pytest.raises(InputError, match="page runs more than one image: recreate it first"):
        look(tmp_path)
    with pytest.raises(InputError, match="page runs more than one image: recreate it first"):
        look(tmp_path, image="day2-before-1")


def test_of_two_the_one_that_is_kept_is_gone_back_to(docker: Docker, tmp_path: Path) -> None:
    docker.runs["page"] = ["new", "old"]
    docker.means["shop-page:day2-before-1"] = "old"
    found = look(tmp_path, image="day2-before-1")["page"]
    assert (found["change"], found["images"]["kept"], found["images"]["several"]) == (True, "old", True)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("shop", "shop:t"),
        ("shop:1", "shop:t-1"),
        ("shop:worker-1", "shop:t-worker-1"),
        ("127.0.0.1:5000/shop", "127.0.0.1:5000/shop:t"),
        ("127.0.0.1:5000/shop:1.2", "127.0.0.1:5000/shop:t-1.2"),
    ],
)
def test_what_it_is_kept_as(name: str, kept: str) -> None:
    assert Images(name, False, [], None).kept_as("t") == kept
