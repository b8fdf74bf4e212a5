# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory says of backups, as options of modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._backups.jobs import backup_jobs
from ansible_collections.day2.ops.plugins.module_utils._backups.jobs_wal import MAKING, RESTORING
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_pgbackrest import SPEC as SCHEDULED
from ansible_collections.day2.ops.plugins.module_utils._backups.wal_verify import SPEC as WAL_VERIFY
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

ROOT = Path(__file__).parents[5]
SHARED: dict[str, Any] = {
    "path": "/backups",
    "storage": {"bucket": "b"},
    "encryption": {"method": "age", "recipients": ["age1x"]},
    "retention": {},
    "run_from": "host",
    "level": "L4",
    "rpo": "1h",
    "rto": "15m",
}
LOGINS: dict[str, dict[str, Any]] = {
    "postgres": {"login_user": "shop", "login_password": "secret", "login_db": "shop"},
    "redis": {"login_port": 6380},
}


def job(**given: Any) -> dict[str, Any]:
    (made,) = backup_jobs([{"name": "db", "kind": "postgres", **given}], SHARED, LOGINS)
    return made


def test_what_is_shared_holds_unless_a_backup_says_otherwise() -> None:
    made = job(options={"format": "directory", "login_user": "backup"}, restore={"jobs": 2}, rpo="26h", level="L2")
    assert (made["run_from"], made["level"], made["rpo"], made["rto"]) == ("host", "L2", "26h", "15m")
    place = {"name": "db", "path": "/backups", "storage": {"bucket": "b"}, "encryption": SHARED["encryption"]}
    login = {"login_user": "backup", "login_password": "secret", "login_db": "shop"}
    assert made["make"] == {**login, "format": "directory", **place}
    assert made["read"] == place
    assert "job" not in made
    assert made["restore"] == {"login_user": "shop", "login_password": "secret", "jobs": 2, **place}


def test_an_empty_dictionary_takes_away_what_is_shared() -> None:
    made = job(storage={}, encryption={}, retention={"last": 3}, keep_local=False, verify="L1", rehearsal={"jobs": 1})
    assert made["read"] == {"name": "db", "path": "/backups", "rehearsal": {"jobs": 1}}
    assert (made["make"]["retention"], made["make"]["keep_local"], made["make"]["verify"]) == ({"last": 3}, False, "L1")


def test_files_need_no_login() -> None:
    backup = {"name": "etc", "kind": "config", "options": {"paths": ["/etc/x"]}}
    (made,) = backup_jobs([backup], {"path": "/b"}, LOGINS)
    assert made["make"] == {"paths": ["/etc/x"], "name": "etc", "path": "/b"}
    assert (made["rpo"], made["level"]) == (None, None)


def test_the_log_is_archived_by_a_configuration_of_its_own() -> None:
    options = {"stanza": "main", "data_dir": "/var/lib/postgresql/18/main", "verify": True}
    backup = {"name": "wal", "kind": "wal", "options": options, "restore": {"set": "x"}, "schedule": "@daily"}
    backup["rehearsal"] = {"jobs": 2}
    (made,) = backup_jobs([backup], SHARED, LOGINS)
    assert (made["make"]["stanza"], made["make"]["type"], made["make"]["port"]) == ("main", "auto", 5432)
    assert (made["restore"]["set"], made["restore"]["data_dir"]) == ("x", options["data_dir"])
    assert WAL_VERIFY.validate(made["read"], "read")["rehearsal"] == {"user": "postgres", "jobs": 2}
    assert "type" not in made["restore"]
    assert (made["job"]["module"], made["job"]["user"]) == ("pgbackrest", "postgres")
    SCHEDULED.validate(made["job"]["options"], "options")
    assert (made["job"]["options"]["stanza"], made["job"]["options"]["type"]) == ("main", "full")
    with pytest.raises(InputError, match=r"day2_backups \(wal\): options: unknown option stanzas"):
        backup_jobs([{**backup, "options": {**options, "stanzas": 1}}], SHARED, LOGINS)


@pytest.mark.parametrize(("entry", "spec"), [("backup", MAKING), ("restore", RESTORING)])
def test_the_options_of_the_log_are_those_of_the_role(entry: str, spec: ArgSpec) -> None:
    text = (ROOT / "roles/wal_archiving/meta/argument_specs.yml").read_text(encoding="utf-8")
    known = yaml.safe_load(text)["argument_specs"][entry]["options"]
    for name, option in spec.options.items():
        theirs = known[f"wal_archiving_{name}"]
        assert (option.get("required", False), option.get("default")) == (
            theirs.get("required", False),
            theirs.get("default"),
        ), name


@pytest.mark.parametrize(
    ("backup", "words"),
    [
        ({"kind": "postgres"}, r"day2_backups \(1\): missing required arguments: name"),
        ({"name": "db"}, r"day2_backups \(db\): missing required arguments: kind"),
        ({"name": "db", "kind": "mysql"}, "value of kind must be one of"),
        ({"name": "db", "kind": "postgres", "formats": "x"}, "unknown option formats"),
        ({"name": "db", "kind": "postgres", "rpo": "soon"}, r"day2_backups \(db\): rpo: expected seconds"),
        ({"name": "db", "kind": "postgres", "options": {"path": "/x"}}, "path stands in options"),
        ({"name": "db", "kind": "postgres", "restore": {"backup": "x"}}, "backup stands in restore"),
        ({"name": "", "kind": "postgres"}, "name: expected 1 to 200 characters"),
        ({"name": "db", "kind": "postgres", "path": "", "level": "L9"}, "value of level must be one of"),
    ],
)
def test_what_is_wrong_is_told(backup: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        backup_jobs([backup], SHARED, LOGINS)


def test_names_are_told_apart() -> None:
    db = {"name": "db", "kind": "postgres"}
    with pytest.raises(InputError, match="two have one name, among db, db"):
        backup_jobs([db, db], SHARED, LOGINS)
    with pytest.raises(InputError, match=r"day2_backups \(db\): no path; set day2_backup_path"):
        backup_jobs([db], {}, LOGINS)
