# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server of Redis tells of itself, and how a copy is compared with that."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import redis_info
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_kind import compare_with_facts, require_held
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_rdb import Counted, Held
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_scratch import fault_told
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

INFO = (
    b"# Server\r\nredis_version:7.0.15\r\nrole:master\r\nused_memory:100\r\n"
    b"db0:keys=5,expires=2,avg_ttl=0\r\ndb12:keys=1\r\n"
)


def test_info_is_read() -> None:
    fields = redis_info.parse_info(INFO)
    assert redis_info.keyspace(fields) == {"0": {"keys": 5, "expires": 2}, "12": {"keys": 1, "expires": 0}}
    assert (redis_info.version(fields), redis_info.number(fields, "used_memory")) == ("redis 7.0.15", 100)
    assert redis_info.number(fields, "role") is None
    assert redis_info.version({"redis_version": "7.2.4", "valkey_version": "9.1.2"}) == "valkey 9.1.2"
    facts = redis_info.facts_between(fields, fields)
    assert (facts["keys"], facts["expires"], facts["changes"]) == (6, 2, None)  # it does not count changes


def test_dangers_of_a_fork_are_told() -> None:
    (fork,) = redis_info.dangers({"latest_fork_usec": "1500000"})
    assert fork == "the last fork stopped the server for 1.5 s"
    (memory,) = redis_info.dangers({"used_memory_rss": "6000000000", "total_system_memory": "8000000000"})
    assert memory.startswith("the server uses 6.0 of 8.0 GB of its host")
    assert redis_info.dangers({"used_memory_rss": "3", "total_system_memory": "8"}) == ()


FACTS: dict[str, Any] = {"databases": {"0": {"keys": 5, "expires": 2}}, "changes": 0}


@pytest.mark.parametrize(
    ("found", "changes", "words"),
    [
        ({"0": {"keys": 5, "expires": 2}}, 0, ""),
        ({"0": {"keys": 4, "expires": 2}}, 1, ""),
        ({"0": {"keys": 5, "expires": 2}}, None, "what the source held at that moment is not known"),
        ({"0": {"keys": 4, "expires": 2}}, 0, "database 0: 4 keys in the backup, 5 in the source"),
        ({"0": {"keys": 5, "expires": 1}}, 0, "database 0: 1 keys that expire in the backup, 2 in the source"),
        ({"0": {"keys": 9, "expires": 2}}, 3, "9 keys in the backup, 5 in the source, give or take 3"),
        ({}, 0, "database 0: 0 keys"),
        ({"0": {"keys": 5, "expires": 2}, "3": {"keys": 1, "expires": 0}}, 0, "database 3: 1 keys"),
    ],
)
def test_a_copy_is_compared_with_the_source(found: dict[str, Any], changes: int | None, words: str) -> None:
    facts = {**FACTS, "changes": changes}
    if words:
        with pytest.raises(OpsError, match=words):
            compare_with_facts({"databases": found}, facts)
    else:
        assert compare_with_facts({"databases": found}, facts)["compared"]


def test_types_are_compared_where_facts_have_them() -> None:
    facts = {"databases": {"0": {"keys": 1, "expires": 0, "types": {"list": 1}}}, "changes": 0}
    found = {"databases": {"0": {"keys": 1, "expires": 0, "types": {"set": 1}}}}
    with pytest.raises(OpsError, match="0 keys of the type list in the backup, 1 in the source"):
        compare_with_facts(found, facts)


@pytest.mark.parametrize(
    ("held", "loaded", "expired", "right"),
    [
        (5, 5, 0, True),
        (4, 4, 1, True),
        (4, None, None, True),
        (5, 4, 0, False),
        (3, None, None, False),
        (6, None, None, False),
    ],
)
def test_what_was_loaded_is_compared_with_the_file(
    held: int, loaded: int | None, expired: int | None, right: bool
) -> None:
    counted = Counted("REDIS0010", databases={0: Held({"string": 5}, expires=1)})
    if right:
        require_held({"0": {"keys": held}}, counted, loaded, expired)
    else:
        with pytest.raises(OpsError, match="in the file"):
            require_held({"0": {"keys": held}}, counted, loaded, expired)


def test_what_a_check_says_is_told_without_names_of_keys() -> None:
    lines = ["[offset 0] Checking", "--- RDB ERROR DETECTED ---", "[offset 9] Unexpected EOF", "Reading key 'secret'"]
    assert fault_told(lines) == "Unexpected EOF"
    assert fault_told(["all is well"]) == ""
