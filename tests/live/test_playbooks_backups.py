# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of the demo service by the playbooks: made, verified, rehearsed; a broken one is told with its level."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import S3Facts
from ansible_collections.day2.ops.tests.live.playbook_backups_help import (
    ORDERS,
    BackupOperator,
    left_behind,
    orders,
)
from ansible_collections.day2.ops.tests.live.playbooks import Done, leaks, secrets_of

NAMES = {"orders-db", "orders-redis", "demo-config"}
SPARE = """
all:
  hosts:
    spare: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackupOperator]:
    operator = BackupOperator(lab, tmp_path_factory.mktemp("backups"))
    with orders(lab):
        yield operator


@pytest.fixture(scope="module")
def made(operator: BackupOperator) -> Done:
    """What was said when the backups were made, verified and rehearsed, by one start of Ansible."""
    done = operator.play(["backup", "verify_backups", "restore_drill"], "-vvv")
    assert done.status == 0, done.output
    return done


@pytest.fixture
def spare(tmp_path: Path) -> str:
    """An inventory with one more host."""
    path = tmp_path / "spare.yml"
    path.write_text(SPARE, encoding="utf-8")
    return str(path)


def rows_of_all_tables(lab: Lab) -> int:
    """Return how many rows the tables of the demo's database hold."""
    with connect(lab.facts["postgres"]) as admin:
        tables = admin.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
        counts = [admin.execute(f"SELECT count(*) FROM {table}").fetchone() for (table,) in tables.fetchall()]
    return sum(int(one[0]) for one in counts if one)


def test_a_plan_makes_nothing(operator: BackupOperator) -> None:
    folder = operator.folder / "planned"
    plan = operator.play(["backup"], "--check", "--diff", day2_backup_path=str(folder))
    assert plan.status == 0, plan.output
    assert f"would be backed up into {folder}/orders-db" in plan.text
    assert "-no backup +a new backup" in plan.text
    assert not folder.exists()
    assert operator.written() == []


def test_backups_are_made_verified_and_rehearsed(operator: BackupOperator, made: Done) -> None:
    assert set(operator.rows("backup")) == NAMES
    assert {row["level"] for row in operator.rows("backup").values()} == {"L2"}
    assert {name: row["level"] for name, row in operator.rows("verify-backups").items()} == dict.fromkeys(NAMES, "L4")
    assert {row["all proven"] for row in operator.rows("verify-backups").values()} == {"1 of 1"}
    drill = operator.rows("restore-drill")
    assert {name: row["level"] for name, row in drill.items()} == dict.fromkeys(NAMES, "L4")
    rows = rows_of_all_tables(operator.lab)
    assert rows >= ORDERS
    assert f"{rows:,} rows" in drill["orders-db"]["compared"]
    for row in drill.values():
        assert (row["RTO"], row["RPO"]) == ("15 min", "1 h")
        assert ": L4 holds; RTO " in row["told"]
    assert " of 15 min, met; RPO " in made.of_task("Show how it went")
    assert left_behind(operator.backups) == []
    assert [path for path in operator.backups.rglob("*") if path.stat().st_mode & 0o077] == []


def test_no_secret_shows(operator: BackupOperator, made: Done) -> None:
    secrets = secrets_of(operator.lab.facts)
    assert leaks(operator, made, secrets) == []
    manifests = [path.read_text(encoding="utf-8") for path in operator.backups.rglob("manifest.json")]
    assert [secret for secret in secrets for text in manifests if secret in text] == []


@pytest.mark.usefixtures("made")
def test_a_broken_backup_fails_a_drill_on_another_host_with_its_level(operator: BackupOperator, spare: str) -> None:
    broken = operator.folder / "broken"
    shutil.copytree(operator.made("orders-db")[-1], broken / "orders-db" / operator.made("orders-db")[-1].name)
    toc = next((broken / "orders-db").rglob("toc.dat"))
    data = bytearray(toc.read_bytes())
    data[len(data) // 2] ^= 1
    toc.write_bytes(data)
    wanted = {"day2_backup_path": str(broken), "drill_host": "spare", "target": "demo"}
    done = operator.play(["restore_drill"], "-i", spare, only="orders-db", **wanted)
    assert done.status == 2
    told = done.of_task("Fail where something is wrong")
    assert "L1 failed: " in told, done.output
    assert "toc.dat" in told
    assert operator.rows("restore-drill")["orders-db"]["level"] == "L1"
    assert list(Path("~/.cache/day2-drill").expanduser().glob("day2-drill-*")) == []


@pytest.mark.long
def test_the_same_with_encryption_and_a_bucket_on_another_host(
    operator: BackupOperator, s3: S3Facts, spare: str, tmp_path: Path
) -> None:
    if shutil.which("age-keygen") is None:
        pytest.skip("no age on this machine")
    key = tmp_path / "key"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    recipient = next(line.split()[-1] for line in key.read_text().splitlines() if line.startswith("# public key"))
    storage = {
        "bucket": s3["bucket"],
        "prefix": "playbooks",
        "endpoint_url": s3["url"],
        "region": s3["region"],
        "access_key": s3["access_key"],
        "secret_key": s3["secret_key"],
        "ca_certs": s3["ca_certs"],
    }
    given: dict[str, Any] = {
        "only": "orders-db,demo-config",
        "day2_backup_path": str(tmp_path / "local"),
        "day2_backup_storage": storage,
        "day2_backup_encryption": {"method": "age", "recipients": [recipient], "identity_file": str(key)},
    }
    done = operator.play(["backup", "restore_drill"], "-vvv", "-i", spare, target="demo", drill_host="spare", **given)
    assert done.status == 0, done.output
    assert [row["level"] for row in operator.rows("restore-drill").values()] == ["L4", "L4"]
    assert f" {rows_of_all_tables(operator.lab):,} rows" in operator.rows("restore-drill")["orders-db"]["compared"]
    assert {row["stored"].rpartition("/")[0] for row in operator.rows("backup").values()} == {
        f"s3://{s3['bucket']}/playbooks"
    }
    files = [path for path in (tmp_path / "local").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert {path.suffix for path in files} == {".age", ".json"}
    assert leaks(operator, done, {*secrets_of(operator.lab.facts), s3["secret_key"]}) == []


@pytest.mark.parametrize(
    ("playbook", "variables", "words"),
    [
        ("backup", {"only": "orders"}, "no backup orders is described; described are: "),
        ("restore_drill", {"drill_host": "nowhere"}, "no host nowhere in the inventory"),
        (
            "verify_backups",
            {"day2_backups": [{"name": "x", "kind": "mysql"}]},
            "day2_backups (x): value of kind must be one",
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_touched(
    operator: BackupOperator, playbook: str, variables: dict[str, Any], words: str
) -> None:
    before = operator.written()
    done = operator.play([playbook], **variables)
    assert done.status != 0
    assert words in done.text, done.output
    assert "Traceback" not in done.output
    assert operator.written() == before


def test_one_that_fails_does_not_keep_the_others_from_being_made(operator: BackupOperator, tmp_path: Path) -> None:
    missing = {"name": "missing", "kind": "config", "options": {"paths": [str(tmp_path / "nowhere")]}}
    given = {"day2_backups": [missing], "only": "missing,demo-config", "day2_backup_path": str(tmp_path / "some")}
    done = operator.play(["backup"], **given)
    assert done.status == 2
    told = done.of_task("Fail where something is wrong")
    assert "missing: " in told, done.output
    assert "demo-config" not in told
    assert operator.report("backup")["summary"] == "backed up: demo-config; not well: missing"
    assert json.loads(next((tmp_path / "some/demo-config").rglob("manifest.json")).read_text())["level"] == "L2"
