# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list that is too large for one answer is asked for by names, some at a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.http import TooLarge
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Answer
from ansible_collections.day2.ops.plugins.module_utils._search.connection import Client
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import listed


class Cluster:
    """A cluster that knows no pages, and whose answers of more than `most` entries are too large."""

    def __init__(self, names: list[str], most: int) -> None:
        self.product = SimpleNamespace(pages_snapshots=False)
        self.asked: list[str] = []
        self._names, self._most = names, most

    def tried(self, method: str, path: str, query: dict[str, Any]) -> Answer:
        assert method == "GET"
        self.asked.append(path)
        which = unquote(path.rpartition("/")[2]).split(",")
        found = [name for name in self._names if which == ["*"] or name in which]
        if query.get("verbose") is False:
            return Answer(200, {"snapshots": [{"snapshot": name} for name in found]}, "GET")
        if len(found) > self._most:
            raise TooLarge("the answer is larger than 8 MB", on=path)
        return Answer(200, {"snapshots": [{"snapshot": name, "state": "SUCCESS"} for name in found]}, "GET")


@pytest.mark.parametrize(("number", "requests"), [(3, 1), (2000, 15)])
def test_all_are_listed_once(number: int, requests: int) -> None:
    names = [f"daily-{each:09}" for each in range(number)]
    cluster = Cluster(names, 200)
    assert [one.name for one in listed(cast(Client, cluster), "backups")] == names
    assert len(cluster.asked) == requests
    assert max(map(len, cluster.asked)) < 3000


def test_one_that_went_meanwhile_is_left_out() -> None:
    cluster = Cluster([f"daily-{each:09}" for each in range(400)], 200)
    found = listed(cast(Client, cluster), "backups")
    cluster._names.remove("daily-000000007")
    assert len(list(found)) == 399
