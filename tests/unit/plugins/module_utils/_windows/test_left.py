# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows that were left open."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._windows.left import left_open


def window(service: str, **more: Any) -> dict[str, Any]:
    told = {"holder": "ana@ops (process 7)", "open_for": "5 min", "purpose": "restore", "reason": "restore of shop-db"}
    return {"service": service, "within": "", "id": "20260301", "abandoned": True, **told, **more}


@pytest.mark.parametrize("one", [window("shop"), window("shop-app-1", within="shop")])
def test_one_that_was_left_is_told(one: dict[str, Any]) -> None:
    (said,) = left_open({"open": [one]}, ["shop"])
    assert said == (
        f"window 20260301 on {one['service']} (restore: restore of shop-db) was left by ana@ops (process 7) and is "
        "open for 5 min: the ingress may be closed; run again what it was opened for"
    )


@pytest.mark.parametrize("one", [window("shop", abandoned=False), window("shop-eu"), window("x", within="shop-eu")])
def test_one_that_is_held_or_of_another_service_is_not(one: dict[str, Any]) -> None:
    assert left_open({"open": [one]}, ["shop"]) == []


def test_what_is_not_known_is_told() -> None:
    damaged = {"service": "shop", "state": "unknown", "reason": "the journal is damaged", "journal": "/x"}
    assert left_open({"open": [damaged]}, ["shop"]) == [
        "whether a window on shop was left open is not known: the journal is damaged"
    ]
    assert left_open({"msg": "cannot read the folder"}, ["shop"]) == [
        "whether a window was left open is not known: cannot read the folder"
    ]
