# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WAL of a real cluster is archived by pgBackRest, and a table that was dropped is back as of a second before."""

from __future__ import annotations

import base64
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import wal_verify
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.wal_archiving_help import (
    ACCOUNT,
    PROGRAM,
    Cluster,
    cluster,
    missing,
    role,
    run,
)

# each test goes on from where the one before it ended
pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing())]

SECRET = "a-pass-phrase-that-nobody-sees"
RESULT = {
    "name": "Result",
    "ansible.builtin.debug": {"msg": "RESULT {{ wal_archiving_result | to_json | b64encode }} END"},
}


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as up:
        yield up


@pytest.fixture(scope="module")
def repositories(server: Cluster) -> list[dict[str, Any]]:
    return [{"kind": "local", "path": str(server.folder / "repository"), "cipher_pass": SECRET}]


def result(output: str) -> dict[str, Any]:
    """Return the last result that a play showed."""
    text = re.findall(r"RESULT ([\w+/=]+) END", output)[-1]
    found: dict[str, Any] = json.loads(base64.b64decode(text))
    return found


def refused(entry: str, **variables: Any) -> dict[str, Any]:
    """Return a task that runs an entry point of the role, which fails and says why."""
    return {"block": [role(entry, **variables)], "rescue": [{"ansible.builtin.debug": {"msg": "it has failed"}}]}


def changed(output: str) -> int:
    found = re.findall(r"good : ok=\d+ changed=(\d+)", output)
    return int(found[-1])


def drop_table(server: Cluster, name: str) -> str:
    """Make a table, drop it at a later second, write on; return the moment a second before the drop."""
    with server.connect() as session:
        session.execute(f"CREATE TABLE {name} AS SELECT generate_series(1, 1000) AS id")
        (made,) = session.execute("SELECT clock_timestamp()").fetchone() or (None,)

        def later() -> bool:
            (now,) = session.execute("SELECT clock_timestamp()").fetchone() or (made,)
            return bool(now.replace(microsecond=0) >= made.replace(microsecond=0) + timedelta(seconds=2))

        wait_for("two seconds later", later)
        (dropped,) = session.execute("SELECT clock_timestamp()").fetchone() or (None,)
        session.execute(f"DROP TABLE {name}")
        session.execute(f"CREATE TABLE after_{name} ()")
        session.execute("SELECT pg_switch_wal()")
    before: datetime = dropped.replace(microsecond=0) - timedelta(seconds=1)
    return before.strftime("%Y-%m-%d %H:%M:%S%z")


def tables(server: Cluster) -> set[str]:
    with server.connect() as session:
        return {row[0] for row in session.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND oid > 16000")}


def test_archiving_is_turned_on_once(server: Cluster, repositories: list[dict[str, Any]], tmp_path: Path) -> None:
    given: dict[str, Any] = {"wal_archiving_repositories": repositories, "wal_archiving_archive_timeout": 60}
    status, output = run(server, tmp_path, [role()], "--check", **given)
    assert status == 0, output
    assert "would set archive_mode to on" in output
    assert not (server.folder / "pgbackrest.conf").exists()

    steps = [role(), RESULT, role(wal_archiving_restart=True), role("backup", wal_archiving_verify=True), RESULT]
    status, output = run(server, tmp_path, steps, "-vvv", **given)
    assert status == 0, output
    assert "archiving begins once the server was restarted; do it, and run this again" in output
    assert SECRET not in output
    found = result(output)
    assert (found["ok"], found["damaged"], [made["type"] for made in found["made"]]) == (True, [], ["full"])
    assert (found["repositories"][0]["encrypted"], found["age"] >= 0) == (True, True)
    config = server.folder / "pgbackrest.conf"
    assert (config.stat().st_mode & 0o777, config.owner()) == (0o600, "postgres")
    with server.connect() as session:
        assert session.execute("SELECT archived_count > 0 FROM pg_stat_archiver").fetchone() == (True,)

    status, output = run(server, tmp_path, [role(), RESULT, role("info")], **given)
    assert (status, changed(output)) == (0, 0), output
    assert (result(output)["archiving"], result(output)["restart_needed"]) == (True, False)
    assert "shop: ok, 1 backups, restorable to each moment since" in output


REFUSED: dict[str, dict[str, Any]] = {
    "the target time is yet to come": {"wal_archiving_target_time": "2999-01-01 00:00:00+00"},
    "no backup had ended by then: 2020-01-01 00:00:00+00:00; the first that could be used ended at": {
        "wal_archiving_target_time": "2020-01-01 00:00:00+00"
    },
    "no such backup: 20200101-000000F; there are: ": {"wal_archiving_set": "20200101-000000F"},
    "wal_archiving_stanza: expected letters, digits and ./_-": {"wal_archiving_stanza": "a; touch /tmp/x"},
}


def test_a_dropped_table_is_back_and_a_wrong_restore_changes_nothing(server: Cluster, tmp_path: Path) -> None:
    moment = drop_table(server, "orders")
    right = {"sql": "SELECT count(*) FROM orders", "expected": "1000"}
    wrong = {"sql": "SELECT min(id), max(id) FROM orders", "expected": "1|7"}
    good: dict[str, Any] = {"wal_archiving_target_time": moment, "wal_archiving_assertions": [right]}
    bad: dict[str, Any] = {**good, "wal_archiving_assertions": [right, wrong]}
    status, output = run(server, tmp_path, [role("restore", **good)], "--check")
    assert status == 0, output
    assert f"would bring {server.data} back to" in output

    with server.connect() as session:
        started = session.execute("SELECT pg_postmaster_start_time()").fetchone()
    status, output = run(server, tmp_path, [refused("restore", **given) for given in REFUSED.values()])
    assert status == 0, output
    for words in REFUSED:
        assert words in output
    with server.connect() as session:
        assert session.execute("SELECT pg_postmaster_start_time()").fetchone() == started
    assert tables(server) == {"after_orders"}

    look = {"ansible.builtin.find": {"paths": str(server.folder), "patterns": "data*", "file_type": "directory"}}
    listed = "BETWEEN {{ found.files | map(attribute='path') | map('basename') | join(' ') }} END"
    between: list[dict[str, Any]] = [{**look, "register": "found"}, {"ansible.builtin.debug": {"msg": listed}}]
    status, output = run(server, tmp_path, [refused("restore", **bad), *between])
    assert status == 0, output
    assert "SELECT min(id), max(id) FROM orders returned 1|1000, expected 1|7" in output
    assert "the old data is back and the server answers" in output
    assert "BETWEEN data END" in output
    assert tables(server) == {"after_orders"}

    status, output = run(server, tmp_path, [role("restore", **good), RESULT])
    assert status == 0, output
    assert tables(server) == {"orders"}
    old = Path(result(output)["old"])
    assert (old / "PG_VERSION").exists()
    assert not (server.folder / "data.restoring").exists()
    with server.connect() as session:
        session.execute("INSERT INTO orders VALUES (0)")
        session.execute("SELECT pg_switch_wal()")
        assert session.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone() == (2,)
        archived = "SELECT last_archived_wal LIKE '00000002%' FROM pg_stat_archiver"
        wait_for("the new timeline in the archive", lambda: session.execute(archived).fetchone() == (True,), 60)
    shutil.rmtree(old)


def test_a_restore_that_died_is_gone_on_with_and_damage_is_found(server: Cluster, tmp_path: Path) -> None:
    old, journal = server.folder / "data.before-1", server.folder / "data.restoring"
    old.mkdir()
    journal.write_text(json.dumps({"old": str(old)}), encoding="utf-8")
    shutil.chown(journal, "postgres", "postgres")
    stopped = shlex.join(server.control("-m", "fast", "stop"))
    died = f"{stopped} && rmdir {old} && mv {server.data} {old} && mkdir {server.data} && touch {server.data}/half"
    die = {"ansible.builtin.shell": died, "become": True, "become_user": "postgres"}
    shutil.chown(old, "postgres", "postgres")
    # the last file of the timeline that was left: the restore does not need it
    kept = max((server.folder / "repository/archive/shop").glob("*/*/00000001*-*"))
    kept.write_bytes(kept.read_bytes()[:-20] + bytes(20))
    status, output = run(
        server,
        tmp_path,
        [refused("verify"), refused("restore"), die, role("restore", wal_archiving_keep_old=False), RESULT],
    )
    assert status == 0, output
    assert "shop is damaged: archiveId: 15-1: " in output
    assert "an earlier restore was whole but for its end" in output
    assert (result(output)["restored_to"], result(output)["old"]) == ("the end of the archive", None)
    with server.connect() as session:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (1001,)
    assert [path.name for path in server.folder.glob("data*")] == ["data"]


def test_the_same_from_a_bucket(lab: Lab, tmp_path: Path) -> None:
    reason = lab.missing("s3")
    if reason:
        pytest.skip(reason)
    facts = lab.up(["s3"])["s3"]
    with cluster() as server:
        authorities = server.folder / "ca.pem"
        shutil.copy(facts["ca_certs"], authorities)
        authorities.chmod(0o644)
        bucket = {
            "kind": "s3",
            "path": "/shop",
            "bucket": facts["bucket"],
            "endpoint": "localhost",
            "port": int(facts["url"].rpartition(":")[2]),
            "region": facts["region"],
            "uri_style": "path",
            "key": facts["access_key"],
            "key_secret": facts["secret_key"],
            "ca_certs": str(authorities),
        }
        steps = [role(wal_archiving_restart=True), role("backup")]
        status, output = run(server, tmp_path, steps, "-vvv", wal_archiving_repositories=[bucket])
        assert status == 0, output
        assert facts["secret_key"] not in output
        moment = drop_table(server, "orders")
        right = {"sql": "SELECT sum(id) FROM orders", "expected": "500500"}
        given: dict[str, Any] = {"wal_archiving_target_time": moment, "wal_archiving_assertions": [right]}
        status, output = run(server, tmp_path, [role("restore", **given), RESULT])
        assert status == 0, output
        assert tables(server) == {"orders"}
        drilled = {"stanza": "shop", "program": PROGRAM, "config": str(server.folder / "pgbackrest.conf")}
        asked = {"user": ACCOUNT, "assertions": [{"sql": "SELECT sum(id) FROM orders", "expected": 500500}]}
        config = f"--config={server.folder}/pgbackrest.conf"
        server.as_account([PROGRAM, config, "--stanza=shop", "--log-level-console=off", "--type=full", "backup"])
        done = wal_verify.operate(wal_verify.SPEC.validate({**drilled, "rehearsal": asked}, "wal_verify"), False)
        assert (done.data["level"], done.failed) == ("L4", False), done.msg
        # before its bucket goes: a server waits at its end until all is archived
        server.as_account(server.control("-m", "fast", "stop"))
