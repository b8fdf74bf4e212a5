# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's daily backup of docc2context by the playbooks, with its inventory only, of real nodes of both products.

Nothing else of the service is here, so what its other checks say is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.backups_encryption_keys import age_key
from ansible_collections.day2.ops.tests.live.playbook_backups_help import BackupOperator
from ansible_collections.day2.ops.tests.live.playbooks import Done
from ansible_collections.day2.ops.tests.live.search_help import Cluster
from ansible_collections.day2.ops.tests.live.test_inventories import HERE

DOCUMENTS = 30
FILES = [".env.production", "docker-compose.yml", "docker-compose.production.yml", "prometheus.yml", "alertmanager.yml"]
HOST = "docc-1"
# What is not here cannot be stopped, nor be well.
ALONE: dict[str, Any] = {
    "day2_restore_stop__search": [],
    "day2_restore_start__search": [],
    **{f"day2_checks__{group}": [] for group in ("app", "monitoring", "redis")},
    "day2_checks__search": [{"name": "elasticsearch", "kind": "elasticsearch", "status": "yellow"}],
}


class Docc(BackupOperator):
    """Somebody with the inventory of docc2context, whose addresses and folders are those of the lab."""

    def __init__(self, lab: Lab, folder: Path, cluster: Cluster, key: str) -> None:
        super().__init__(lab, folder)
        self.cluster = cluster
        self.repository = f"{cluster.mine}-backup"
        (folder / "docc").mkdir()
        for name in FILES:
            (folder / "docc" / name).write_text(f"# {name}\n", encoding="utf-8")
        self.given: dict[str, Any] = {
            **HERE,
            "docc_folder": str(folder / "docc"),
            "docc_backup_key": key,
            "docc_snapshot_repository": self.repository,
            "docc_snapshot_folder": str(cluster.folder(self.repository)),
            "day2_search": {"url": [cluster.url]},
        }

    def plays(self, *playbooks: str, check: bool = False, **variables: Any) -> Done:
        """Run playbooks, which see nothing else of the lab."""
        arguments = ["--check", "--diff"] if check else []
        given = {"inventory": "inventories/docc2context", **self.given, **variables}
        return self.play(playbooks, *arguments, **given)

    def snapshot_check(self) -> dict[str, Any]:
        """Return the check of the snapshot's age of the last daily checks."""
        checks = self.report("daily-checks")["hosts"][HOST]["checks"]
        found: dict[str, Any] = next(check for check in checks if check["name"] == "snapshot")
        return found


@pytest.fixture
def docc(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search_cluster: Cluster) -> Iterator[Docc]:
    """The operator; the node holds some documents."""
    key, recipient = age_key(tmp_path)
    monkeypatch.setenv("DOCC_BACKUP_RECIPIENT", recipient)
    search_cluster.filled_index("logs", DOCUMENTS)
    yield Docc(lab, tmp_path, search_cluster, key)


def test_the_daily_backup_of_the_guide(docc: Docc) -> None:
    plan = docc.plays("backup", check=True)
    assert plan.status == 0, plan.output
    assert docc.cluster.repositories() == []
    refused = docc.plays("backup", docc_snapshot_folder="/var/backups/elasticsearch")
    told = refused.of_task("Fail where something is wrong")
    assert refused.status == 2, refused.output
    assert "docc-search: " in told
    assert "path.repo" in told
    assert "docc-config" not in told
    assert docc.cluster.repositories() == []

    made = docc.plays("backup")
    assert made.status == 0, made.output
    (snapshot,) = docc.cluster.snapshots(docc.repository).items()
    assert snapshot[0].startswith("daily-20")
    assert snapshot[1] == "SUCCESS"
    row = docc.rows("backup")["docc-search"]
    assert (row["backup"], row["stored"]) == (snapshot[0], f"repository {docc.repository}")
    assert "1 snapshot is in the repository" in row["told"]
    assert len(docc.made("docc-config")) == 1

    rest = docc.plays("backup", "restore_drill", "verify_backups", "daily_checks", only="docc-search")
    assert docc.cluster.snapshots(docc.repository) == dict([snapshot])
    assert docc.rows("backup")["docc-search"]["backup"] == snapshot[0]
    drill = docc.rows("restore-drill")["docc-search"]
    assert (drill["level"], drill["RTO"], drill["RPO"]) == ("L4", "1 h", "26 h"), rest.output
    assert docc.rows("verify-backups")["docc-search"]["level"] == "L1"
    assert docc.snapshot_check()["status"] == "pass"
    assert docc.cluster.indices() == [f"{docc.cluster.mine}-logs"]
