# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is undone when one of several autoscalers was changed and the next one was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.live.own_plays import play


@pytest.mark.parametrize(
    ("changed", "told"),
    [(True, "(the second refuses) AND IS NOT AS BEFORE: "), (False, "worker: the second refuses")],
)
def test_the_first_of_two_is_put_back(tmp_path: Path, changed: bool, told: str) -> None:
    """With a cluster that nobody answers for: that it is tried shows in that it does not work."""
    variables = {
        "scale_service": "shop",
        "scale_runtime": {"kind": "kubernetes", "host": "http://127.0.0.1:9", "parts": [{"name": "worker"}]},
        "scale_part": "worker",
        "scale_autoscaler": "resume",
        "scale_before": {"running": 2},
        "scale_former": [{"kind": "HorizontalPodAutoscaler", "metadata": {"name": "worker", "namespace": "shop"}}],
        "scale_made": "",
        "scale_changed": False,
        "scale_served": False,
        "scale_works": {},
        "scale_rests": {},
        "scale_put": {"failed": True, "results": [{"changed": changed}, {"failed": True, "msg": "refused"}]},
        "scale_why": "the second refuses",
    }
    role = {"name": "day2.ops.scale", "tasks_from": "undo"}
    tasks = [
        {"ansible.builtin.include_role": role, "vars": variables},
        {"ansible.builtin.debug": {"msg": "{{ scale_account.summary }}"}},
    ]
    status, said = play(tmp_path, json.dumps([{"hosts": "good", "gather_facts": False, "tasks": tasks}]))
    assert status == 0 and told in " ".join(said.split()), said
