# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role update_images outside of windows: which image is kept as the one of before, told to a program as docker."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.own_plays import play

# Two parts share an image that the project builds. A build fails, or gives the same as before.
DOCKER = (
    f"#!{sys.executable}"
    """
import json, sys
from pathlib import Path
file = Path(__file__).with_name("docker.json")
seen = json.loads(file.read_text(encoding="utf-8"))
tags, words = seen["tags"], sys.argv[1:]
if "config" in words:
    services = {name: {"image": "shop:1", "build": {"context": "."}} for name in seen["runs"]}
    print(json.dumps({"name": "shop", "services": services}))
elif "build" in words:
    sys.exit(seen["build"])
elif words[0] == "ps":
    print("1 2")
elif words[0] == "inspect":
    limits = dict.fromkeys(("NanoCpus", "CpuQuota", "CpuPeriod", "Memory"), 0)
    for name, image in seen["runs"].items():
        own = {"Name": name, "Image": "shop:1", "Id": image, "Service": name, "OneOff": "False", "Status": "running"}
        print(json.dumps({**limits, **own, "ExitCode": 0, "OOMKilled": False, "Health": None}))
elif words[:2] == ["image", "inspect"]:
    print(tags[words[-1]] if words[-1] in tags else sys.exit(1))
elif words[:2] == ["image", "ls"]:
    print("\\n".join(name for name in tags if ":day2-before-" in name))
elif words[:2] == ["image", "rm"]:
    del tags[words[2]]
elif words[0] == "tag" and words[1] not in {*tags, *tags.values()}:
    sys.exit("no such image")
elif words[0] == "tag":
    tags[words[2]] = tags.get(words[1], words[1])
else:
    sys.exit(f"what is {words}?")
file.write_text(json.dumps(seen), encoding="utf-8")
"""
)
ALONE, LAST = "shop:day2-before-alone-1", "shop:day2-before-last-1"


def tags_after(folder: Path, tasks: str, build: int = 0, **seen: dict[str, str]) -> dict[str, str]:
    """Run the role's tasks; return what each name of an image means then."""
    program, file = folder / "docker", folder / "docker.json"
    program.write_text(DOCKER, encoding="utf-8")
    program.chmod(0o755)
    (folder / "compose.yml").touch()
    file.write_text(json.dumps({"build": build, **seen}), encoding="utf-8")
    parts = [{"name": "api"}, {"name": "worker"}]
    runtime = {"kind": "compose", "project_dir": str(folder), "docker_cli": str(program), "parts": parts}
    variables = {"update_images_runtime": runtime, "update_images_newer": False}
    role = {"ansible.builtin.include_role": {"name": "day2.ops.update_images", "tasks_from": tasks}}
    text = json.dumps([{"hosts": "good", "gather_facts": False, "vars": variables, "tasks": [role]}])
    status, output = play(folder, text)
    assert (status == 0) == (build == 0), output
    tags: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["tags"]
    return tags


def test_of_parts_that_share_an_image_one_is_renewed_already(tmp_path: Path) -> None:
    tags = {"shop:1": "new", ALONE: "old"}
    assert tags_after(tmp_path, "main", build=1, runs={"api": "new", "worker": "old"}, tags=tags) == tags


@pytest.mark.parametrize(
    ("tasks", "before", "after"),
    [
        # what a run that failed long ago has left is of none that has ended
        ("main", {ALONE: "older", LAST: "oldest", "shop:day2-before-w1": "oldest"}, {LAST: "old"}),
        ("undo", {ALONE: "old", LAST: "older"}, {LAST: "old"}),
        ("undo", {LAST: "old"}, {LAST: "old"}),
        ("undo", {}, {}),
    ],
)
def test_what_is_kept_when_it_has_ended(
    tmp_path: Path, tasks: str, before: dict[str, str], after: dict[str, str]
) -> None:
    runs: dict[str, Any] = dict.fromkeys(("api", "worker"), "old")
    assert tags_after(tmp_path, tasks, runs=runs, tags={"shop:1": "old", **before}) == {"shop:1": "old", **after}
