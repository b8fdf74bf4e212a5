# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's daily backup of docc2context by the playbooks, with its inventory only, of real nodes of both products.

Nothing else of the service is here, so what its other checks say is not looked at.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_state import OK
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_worker import performed
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.backups_encryption_keys import age_key
from ansible_collections.day2.ops.tests.live.playbook_backups_help import BackupOperator
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Done, leaks
from ansible_collections.day2.ops.tests.live.search_help import Cluster
from ansible_collections.day2.ops.tests.live.test_inventories import HERE

DOCUMENTS = 30
FILES = [".env.production", "docker-compose.yml", "docker-compose.production.yml", "prometheus.yml", "alertmanager.yml"]
HOST = "docc-1"
SECRET = "tell-nobody-57"
# What is not here cannot be stopped, nor be well.
NO_OTHERS: dict[str, Any] = {f"day2_checks__{group}": [] for group in ("app", "monitoring", "redis")}
ALONE: dict[str, Any] = {
    **NO_OTHERS,
    "day2_ingress": {},
    "day2_restore_stop__search": [],
    "day2_restore_start__search": [],
    "day2_checks__search": [{"name": "elasticsearch", "kind": "elasticsearch", "status": "yellow"}],
}


# A check that nothing here passes.
ILL = {"name": "kibana", "kind": "tcp", "port": 1}


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
            "inventory": "inventories/docc2context",
            **HERE,
            "docc_folder": str(folder / "docc"),
            "docc_backup_key": key,
            "docc_snapshot_repository": self.repository,
            "docc_snapshot_folder": str(cluster.folder(self.repository)),
            # nodes of the lab ask for no login and look at none
            "day2_search": {"url": [cluster.url], "login_user": "backup", "login_password": SECRET},
        }

    def plays(self, *playbooks: str, check: bool = False, **variables: Any) -> Done:
        """Run playbooks, which see nothing else of the lab."""
        arguments = ["--check", "--diff"] if check else []
        return self.play(playbooks, *arguments, **{**self.given, **variables})

    def snapshot(self) -> str:
        """Make a snapshot as a schedule does; its name."""
        done = performed("es_snapshot", self.options())
        assert done.status == OK, done.msg
        return str(done.data["backup"])

    def options(self) -> dict[str, Any]:
        """Return what a scheduled job is told."""
        settings = {"location": str(self.cluster.folder(self.repository))}
        return {
            "url": [self.cluster.url],
            "repository": self.repository,
            "name": "daily-{now/d}",
            "register": {"name": self.repository, "type": "fs", "settings": settings},
        }

    def restores(self, **variables: Any) -> Done:
        """Restore the newest snapshot in the place of what is there; nothing else of the service is here."""
        confirmed = {"restore": "docc-search", "confirm": "docc-search", "day2_gate_timeout": 1}
        return self.plays("restore", **{**ALONE, **confirmed, **variables})

    def all_rows(self, name: str) -> list[dict[str, dict[str, Any]]]:
        """Return the rows of all reports of a name, the oldest first, as :meth:`rows` does those of the newest."""
        found = []
        for path in sorted(self.reports.glob(f"{name}-*Z.json")):
            (section,) = json.loads(path.read_text(encoding="utf-8"))["sections"]
            rows = [dict(zip(section["columns"], row, strict=True)) for row in section["rows"]]
            found.append({row["name"]: row for row in rows})
        return found

    def snapshot_check(self) -> dict[str, Any]:
        """Return the check of the snapshot's age of the last daily checks."""
        checks = self.report("daily-checks")["hosts"][HOST]["checks"]
        found: dict[str, Any] = next(check for check in checks if check["name"] == "snapshot")
        return found


# What the role cron_backups does first, and all that it puts outside of the folders that it is told.
SCHEDULE: list[dict[str, Any]] = [
    {
        "hosts": HOST,
        "gather_facts": False,
        "roles": [{"role": "day2.ops.day2"}],
        "tasks": [
            {
                "day2.ops.backup_jobs": {
                    "jobs": "{{ __day2_backup_jobs | selectattr('module', 'eq', 'es_snapshot') }}",
                    **{name: "{{ folder }}/" + name for name in ("program", "config_dir", "state_dir", "textfile_dir")},
                }
            }
        ],
    }
]


@pytest.fixture
def docc(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search_cluster: Cluster) -> Iterator[Docc]:
    """The operator; the node holds some documents."""
    key, recipient = age_key(tmp_path)
    monkeypatch.setenv("DOCC_BACKUP_RECIPIENT", recipient)
    search_cluster.filled_index("logs", DOCUMENTS)
    yield Docc(lab, tmp_path, search_cluster, key)


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["elasticsearch"], indirect=True)
def test_a_plan_makes_nothing_and_a_node_that_refuses_is_explained(docc: Docc) -> None:
    plan = docc.plays("backup", check=True)
    assert plan.status == 0, plan.output
    assert f"repository {docc.repository} (fs): to be registered, and a snapshot made" in plan.text
    assert docc.cluster.repositories() == []
    refused = docc.plays("backup", docc_snapshot_folder="/var/backups/elasticsearch")
    told = refused.of_task("Fail where something is wrong")
    assert refused.status == 2, refused.output
    assert "docc-search: " in told
    assert "path.repo" in told
    assert "docc-config" not in told
    assert docc.cluster.repositories() == []
    assert len(docc.made("docc-config")) == 1


@pytest.mark.parametrize(
    "search_cluster", ["elasticsearch", pytest.param("opensearch", marks=pytest.mark.long)], indirect=True
)
def test_the_daily_backup_of_the_guide(docc: Docc) -> None:
    """Made, made again, rehearsed, verified, and too old for a check that wants one of this second."""
    plays = ["backup", "backup", "restore_drill", "verify_backups", "daily_checks"]
    done = docc.play(plays, "-vvv", **{**docc.given, **NO_OTHERS, "docc_snapshot_max_age": "1s"})
    snapshots = docc.cluster.snapshots(docc.repository)
    ((name, state),) = snapshots.items()
    assert (name[:8], state) == ("daily-20", "SUCCESS"), done.output
    first, second = (row["docc-search"] for row in docc.all_rows("backup"))
    assert (first["backup"], first["stored"]) == (name, f"repository {docc.repository}")
    assert f"SUCCESS, 1 shard, {DOCUMENTS} documents" in first["told"]
    assert "1 snapshot is in the repository" in first["told"]
    assert f"{name} at {docc.cluster.url}: SUCCESS since " in second["told"]
    assert "registered" not in second["told"]
    assert len(docc.made("docc-config")) == 1
    drill = docc.rows("restore-drill")["docc-search"]
    assert (drill["level"], drill["RTO"], drill["RPO"]) == ("L4", "1 h", "1 d 2 h"), done.output
    assert drill["compared"] == f"{DOCUMENTS} documents"
    assert docc.rows("verify-backups")["docc-search"]["level"] == "L1"
    late = docc.snapshot_check()
    assert (late["status"], name in late["reason"]) == ("fail", True), late
    assert docc.cluster.indices() == [f"{docc.cluster.mine}-logs"]
    assert leaks(docc, done, {SECRET}) == []


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["opensearch"], indirect=True)
def test_a_host_makes_it_by_a_schedule_and_leaves_metrics(docc: Docc) -> None:
    folder = docc.folder / "host"
    (folder / "textfile_dir").mkdir(parents=True)
    (docc.folder / "schedule.yml").write_text(json.dumps(SCHEDULE), encoding="utf-8")
    done = docc.plays(os.path.relpath(docc.folder / "schedule", CHECKOUT / "playbooks"), folder=str(folder))
    assert done.status == 0, done.output
    ran = subprocess.run([folder / "program", "run", "docc-search"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran
    told = f"docc-search: ok: repository {docc.repository} (fs): registered; "
    assert ran.stdout.startswith(told), ran.stdout
    assert list(docc.cluster.snapshots(docc.repository).values()) == ["SUCCESS"]
    assert SECRET not in done.output
    metrics = (folder / "textfile_dir/day2_backup_docc-search.prom").read_text(encoding="utf-8")
    for line in ("last_run_success{LABELS} 1", "level{LABELS} 0", "size_bytes{LABELS} ", "last_success_timestamp"):
        assert "day2_backup_" + line.replace("LABELS", 'name="docc-search",kind="search"') in metrics


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["elasticsearch"], indirect=True)
def test_what_was_there_comes_back_when_the_service_is_not_well_after_a_restore_in_place(docc: Docc) -> None:
    name = docc.snapshot()
    docc.cluster.fill(f"{docc.cluster.mine}-logs", 2 * DOCUMENTS)
    ill = docc.restores(day2_checks__search=[ILL])
    assert ill.status != 0
    assert "(what was there before is back: " in ill.text, ill.output
    assert docc.cluster.count(f"{docc.cluster.mine}-logs") == 2 * DOCUMENTS
    done = docc.restores()
    assert done.status == 0, done.output
    assert f"{docc.repository}/{name}: 1 index restored" in done.text
    assert docc.cluster.count(f"{docc.cluster.mine}-logs") == DOCUMENTS
    kept = [one for one in docc.cluster.snapshots(docc.repository) if one.startswith("before-restore-docc-search-")]
    assert f"what was there is the snapshot {kept[-1]}" in done.text


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["elasticsearch"], indirect=True)
def test_an_alias_leads_to_what_was_restored_and_back_when_the_service_is_not_well(docc: Docc) -> None:
    mine, cluster = docc.cluster.mine, docc.cluster
    old = f"{mine}-logs"
    cluster.ask("PUT", f"{old}/_alias/{mine}-read")
    name = docc.snapshot()
    given = {"docc_snapshot_restore": {"mode": "alias", "aliases": {old: f"{mine}-read"}}}
    ill = docc.restores(day2_checks__search=[ILL], **given)
    assert ill.status != 0
    assert f"(what was there before is back: {cluster.url}: {mine}-read leads to {old} again" in ill.text, ill.output
    assert list(cluster.ask("GET", f"_alias/{mine}-read")) == [old]
    done = docc.restores(**given)
    assert done.status == 0, done.output
    assert list(cluster.ask("GET", f"_alias/{mine}-read")) == [f"{old}-restored-{name}"]
    assert cluster.count(f"{mine}-read") == DOCUMENTS
    assert old in cluster.indices()


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["elasticsearch"], indirect=True)
def test_a_restore_beside_stops_nothing_and_one_in_the_place_is_asked_how(docc: Docc) -> None:
    name = docc.snapshot()
    index = f"{docc.cluster.mine}-logs"
    unclear = docc.restores(docc_snapshot_restore={})
    assert unclear.status != 0
    assert "docc-search: say how in its restore, {mode: in_place} or {mode: alias}" in unclear.text, unclear.output
    plan = docc.plays("restore", check=True, restore="docc-search", **ALONE)
    assert plan.status == 0, plan.output
    assert f"{docc.repository}/{name}: 1 index would be restored" in plan.text
    assert list(docc.cluster.snapshots(docc.repository)) == [name]
    beside = docc.plays("restore", restore="docc-search", into="restored-", backup=name)
    assert beside.status == 0, beside.output
    assert f"{docc.repository}/{name}: 1 index restored" in beside.of_task("Show what was restored")
    assert docc.cluster.indices() == sorted([index, f"restored-{index}"])
    assert docc.cluster.count(f"restored-{index}") == DOCUMENTS


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["elasticsearch"], indirect=True)
def test_a_drill_elsewhere_wants_another_cluster_there(docc: Docc) -> None:
    name = docc.snapshot()
    same = {"url": [docc.cluster.url]}
    other = {"url": [docc.cluster.url.replace("127.0.0.1", "localhost")]}
    hosts = {HOST: {"day2_search": same}, "spare": {**HERE, "day2_search": other}, "bare": {**HERE, "day2_search": {}}}
    (docc.folder / "more.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    del docc.given["day2_search"]
    docc.given.update(target=HOST, only="docc-search", backup=name)
    away = docc.play(["restore_drill"], "-i", str(docc.folder / "more.json"), **docc.given, drill_host="spare")
    assert away.status == 0, away.output
    assert "describes no other cluster" not in away.text
    assert "Rehearse" in away.text
    assert "[docc-1 -> spare]" in away.text
    here = docc.play(["restore_drill"], "-i", str(docc.folder / "more.json"), **docc.given, drill_host="bare")
    assert here.status == 0, here.output
    assert "docc-search: bare describes no other cluster in day2_search, so its own rehearses" in here.text
    assert docc.rows("restore-drill")["docc-search"]["level"] == "L4"


@pytest.mark.long
@pytest.mark.parametrize("search_cluster", ["elasticsearch"], indirect=True)
def test_nothing_is_replaced_that_cannot_be_kept_unless_that_is_said(docc: Docc) -> None:
    docc.snapshot()
    index = f"{docc.cluster.mine}-logs"
    docc.cluster.fill(index, 2 * DOCUMENTS)
    readonly = {"docc_snapshot_repository": docc.cluster.readonly_repository(docc.repository)}
    refused = docc.restores(**readonly)
    assert refused.status != 0
    told = refused.of_task("Tell how it ended")
    assert "what is there could not be kept: " in told, refused.output
    assert "{keep_old: false}" in told
    assert docc.cluster.count(index) == 2 * DOCUMENTS
    said = {"mode": "in_place", "min_status": "yellow", "keep_old": False}
    done = docc.restores(**readonly, docc_snapshot_restore=said)
    assert done.status == 0, done.output
    assert docc.cluster.count(index) == DOCUMENTS
