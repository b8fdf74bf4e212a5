# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory says of snapshots of a search cluster, as options of modules."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.jobs import backup_jobs
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

URL = ["http://127.0.0.1:9200"]
SHARED: dict[str, Any] = {
    "path": "/backups",
    "storage": {"bucket": "b"},
    "encryption": {"method": "age", "recipients": ["age1x"]},
    "retention": {"daily": 7},
    "run_from": "host",
    "level": "L4",
    "rpo": "1h",
    "rto": "15m",
}
LOGIN = {"url": URL, "login_user": "backup", "login_password": "secret"}
REPOSITORY = {"name": "backup", "type": "fs", "settings": {"location": "/srv/snapshots"}}


def job(given: Any = None, **options: Any) -> dict[str, Any]:
    described = {"name": "Logs", "kind": "search", "options": {"repository": REPOSITORY, **options}, **(given or {})}
    (made,) = backup_jobs([described], SHARED, {"search": LOGIN})
    return made


def test_the_repository_takes_the_place_of_folder_storage_and_encryption() -> None:
    made = job({}, name="daily-{now/d}", indices=["logs-*"], ignore_unavailable=True)
    chosen = {"repository": "backup", "name": "daily-{now/d}"}
    assert made["make"] == {
        **LOGIN,
        **chosen,
        "indices": ["logs-*"],
        "ignore_unavailable": True,
        "retention": {"daily": 7},
    }
    assert made["register"] == {**LOGIN, **REPOSITORY, "verify": True}
    assert made["read"] == made["look"] == made["restore"] == {**LOGIN, **chosen}
    assert made["rehearsed"] == chosen
    assert (made["module"], made["rpo"], made["rto"], made["keep_old"]) == ("es_snapshot", "1h", "15m", True)


def test_what_is_shared_of_levels_is_for_files() -> None:
    assert job()["level"] == "L1"
    assert job({"level": "L4"})["level"] == "L4"


def test_a_name_of_the_backup_names_snapshots() -> None:
    assert job()["make"]["name"] == "logs-{now/d}"


def test_a_repository_that_somebody_else_registers_has_a_name_alone() -> None:
    (made,) = backup_jobs(
        [{"name": "logs", "kind": "search", "options": {"repository": "theirs", "url": ["http://127.0.0.1:9201"]}}],
        {},
        {},
    )
    assert (made["register"], made["make"]["repository"]) == ({}, "theirs")
    assert made["make"]["url"] == ["http://127.0.0.1:9201"]
    assert "retention" not in made["make"]


def test_restores_and_rehearsals_have_options_of_their_own() -> None:
    made = job({"restore": {"mode": "in_place", "keep_old": False}, "rehearsal": {"indices": ["logs-1"]}})
    assert (made["restore"]["mode"], made["keep_old"], "keep_old" in made["restore"]) == ("in_place", False, False)
    assert made["read"]["indices"] == made["rehearsed"]["indices"] == ["logs-1"]
    assert "url" not in made["rehearsed"]


def test_a_host_registers_and_makes_it_by_a_schedule() -> None:
    made = job({"schedule": "0 2 * * *"})
    assert (made["job"]["name"], made["job"]["module"], made["job"]["schedule"]) == ("Logs", "es_snapshot", "0 2 * * *")
    assert made["job"]["options"] == {**made["make"], "register": {**REPOSITORY, "verify": True}}
    assert "job" not in job({"schedule": "0 2 * * *", "run_from": "controller"})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"path": "/x", "storage": {"bucket": "b"}},
            "path, storage: not for search clusters; their repository says where",
        ),
        ({"options": {}}, r"options: repository: which one; give its name, or name, type and settings"),
        ({"options": {"repository": ["backup"]}}, "options: repository: expected a name or a dictionary"),
        ({"options": {"repository": {"type": "fs"}}}, "options: repository: missing required arguments: name"),
        (
            {"options": {"repository": {"name": "x", "settings": {"a": 1}}}},
            "missing parameter.* required by 'settings': type",
        ),
        ({"options": {"repository": "x", "retention": {}}}, "retention stands in options"),
        ({"restore": {"snapshot": "x"}}, "snapshot stands in restore"),
        ({"rehearsal": {"level": "L4"}}, "level stands in rehearsal"),
    ],
)
def test_what_is_wrong_is_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        job(given)


def test_a_cluster_has_an_address() -> None:
    with pytest.raises(InputError, match=r"day2_backups \(logs\): no url of the cluster; set day2_search"):
        backup_jobs([{"name": "logs", "kind": "search", "options": {"repository": "x"}}], {}, {})
