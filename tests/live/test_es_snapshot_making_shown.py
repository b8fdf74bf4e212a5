# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""es_snapshot as Ansible runs it: on the controller with lines that tell how far it is, else as a module."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection.local import Connection
from ansible.template import Templar
from ansible_collections.day2.ops.plugins.action.es_snapshot import ActionModule
from ansible_collections.day2.ops.plugins.plugin_utils import _live
from ansible_collections.day2.ops.tests.lab.state import SearchFacts

from .own_plays import play
from .search_help import Cluster, cluster_of

PLAY = """
- hosts: good
  gather_facts: false
  module_defaults:
    group/day2.ops.search:
      url: [{url}]
  tasks:
    - name: On the controller itself
      day2.ops.es_snapshot: &wanted
        repository: {repository}
        name: daily-{{now/d}}
        indices: ["{index}"]
        retention: {{daily: 14}}
      register: first
    - name: As a module
      day2.ops.es_snapshot: *wanted
      environment: {{APART: "yes"}}
      register: second
    - name: In check mode
      day2.ops.es_snapshot:
        repository: {repository}
        name: daily-{{now/d}}
        state: absent
        force: true
      check_mode: true
      register: third
    - ansible.builtin.assert:
        that:
          - first is changed and first.state == 'SUCCESS'
          - second is not changed and second.uuid == first.uuid
          - third is changed
"""


def shown(cluster: Cluster, **arguments: Any) -> dict[str, Any]:
    """Run the action plugin on a task."""
    task = Task()
    task.args = {"url": [cluster.url], "indices": [f"{cluster.mine}*"], **arguments}
    loader, context = DataLoader(), PlayContext()
    plugin = ActionModule(
        task=task,
        connection=Connection(context),
        play_context=context,
        loader=loader,
        templar=Templar(loader),
        shared_loader_obj=None,
    )
    result: dict[str, Any] = plugin.run(task_vars={})
    return result


def test_it_runs_in_a_play(opensearch: SearchFacts, tmp_path: Path) -> None:
    with cluster_of("opensearch", opensearch) as cluster:
        repository, index = cluster.repository(), cluster.filled_index("data", 3)
        status, said = play(tmp_path, PLAY.format(url=cluster.url, repository=repository, index=index), "", "--diff")
        assert status == 0, said
        assert re.search(r"\+daily-\d{8}: SUCCESS", said)
        assert list(cluster.snapshots(repository).values()) == ["SUCCESS"]


def test_lines_tell_how_far_it_is(
    search_cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_live, "_LOG_SECONDS", 0.0)
    monkeypatch.setattr(_live, "_TERMINAL_SECONDS", 0.0)
    search_cluster.filled_index("data", 400)
    repository = search_cluster.slow_repository()
    result = shown(search_cluster, repository=repository, name="new")
    assert (result["failed"], result["state"]) == (False, "SUCCESS")
    assert re.search(rf"{repository}/new: 0 of 1 shards, 0\.\d of 0\.\d MB", capsys.readouterr().out)
