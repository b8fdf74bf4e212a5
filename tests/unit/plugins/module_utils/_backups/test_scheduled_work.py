# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can run by a schedule is what the modules do, with their options, and says which libraries it lacks."""

from __future__ import annotations

import importlib

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import scheduled_work
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_work import WORK, missing_libraries
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_worker import performed
from ansible_collections.day2.ops.plugins.module_utils._core.errors import MissingLibrary


@pytest.mark.parametrize("name", sorted(set(WORK) - {"es_snapshot", "pgbackrest"}))
def test_a_schedule_runs_the_very_operation_of_the_module(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.day2.ops.plugins.modules.{name}")
    work = WORK[name]()
    assert (work.operate, work.spec) == (module.operate, module.SPEC)


def test_libraries_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        raise MissingLibrary(name, "python")

    monkeypatch.setattr(scheduled_work, "load", load)
    assert missing_libraries(WORK["config_backup"](), {}) == []
    assert missing_libraries(WORK["redis_backup"](), {"storage": {"bucket": "b"}}) == ["redis", "boto3"]


def test_wrong_options_are_a_bad_configuration_and_a_backup_that_cannot_be_a_failure() -> None:
    assert performed("config_backup", {"paths": ["/etc"]}).status == 2
    outcome = performed("config_backup", {"path": "/proc/none", "paths": ["/no/such/file"]})
    assert (outcome.status, "\n" in outcome.msg) == (1, False)
