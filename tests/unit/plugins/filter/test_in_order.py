# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a service's hosts depend on each other."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.day2.ops.plugins.filter.in_order import in_order

HOSTS = ["api-1", "api-2", "redis-1", "worker-1"]
GROUPS = {"all": HOSTS, "api": ["api-1", "api-2"], "redis": ["redis-1"], "worker": ["worker-1"]}


@pytest.mark.parametrize(
    ("after", "order"),
    [
        ({}, HOSTS),
        ({"api-1": ["redis"], "api-2": ["redis"]}, ["redis-1", "api-1", "api-2", "worker-1"]),
        ({"api-1": ["worker", "api-2"], "worker-1": ["redis-1"]}, ["api-2", "redis-1", "worker-1", "api-1"]),
        ({"api-1": ["api"], "api-2": ["api"]}, None),  # a host of the group comes after the others of it
        ({"api-2": ["api"]}, HOSTS),
    ],
)
def test_each_comes_after_those_that_it_depends_on(after: dict[str, list[str]], order: list[str] | None) -> None:
    if order is None:
        with pytest.raises(AnsibleFilterError, match="day2_after goes in a circle, see the hosts api-1, api-2"):
            in_order(HOSTS, after, GROUPS)
    else:
        assert in_order(HOSTS, after, GROUPS) == order


def test_who_takes_no_part_is_not_waited_for() -> None:
    assert in_order(["api-1", "worker-1"], {"api-1": ["redis"]}, GROUPS) == ["api-1", "worker-1"]


def test_what_the_inventory_does_not_have_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match="day2_after of api-1: no host or group radis in the inventory"):
        in_order(HOSTS, {"api-1": ["radis"]}, GROUPS)
