# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot that the role restore kept is neither the newest nor a fresh backup, unless it is named."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks import search_snapshot
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._search import drill_levels, restore_choice, snapshots
from ansible_collections.day2.ops.plugins.module_utils._search.counts import NAME, checksum
from ansible_collections.day2.ops.plugins.module_utils._search.product import product_of
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import SUCCESS, Snapshot

DAILY = Snapshot("daily-20260301", "a", SUCCESS, 100.0, 110.0)
TOLERANT: Any = SimpleNamespace(allows=lambda *_args: True)
KEPT = Snapshot("before-restore-shop-20260302", "b", SUCCESS, 200.0, 210.0)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Snapshot]:
    """Play a repository; what is put into the list is in it."""
    held: list[Snapshot] = []

    def required(_client: Any, _repository: str, name: str) -> Snapshot:
        return next(one for one in held if one.name == name)

    @contextlib.contextmanager
    def connected(_options: Any) -> Iterator[Any]:
        yield SimpleNamespace(where="http://search", bound=lambda _s: None, product=SimpleNamespace(told=dict))

    monkeypatch.setattr(snapshots, "listed", lambda *_args: iter(held))
    monkeypatch.setattr(snapshots, "required", required)
    monkeypatch.setattr(search_snapshot, "connected", connected)
    monkeypatch.setattr(search_snapshot, "named", lambda *_args: frozenset(one.name for one in held))
    return held


def newest(pattern: str) -> str:
    client: Any = SimpleNamespace(where="http://search")
    return restore_choice.named(client, "backup", "newest", pattern, False)[0].name


def test_newest_passes_over_what_a_restore_kept(held: list[Snapshot]) -> None:
    held += [DAILY, KEPT]
    assert newest("*") == DAILY.name
    assert newest("before-restore-shop-*") == KEPT.name
    held.remove(DAILY)
    with pytest.raises(NotThere, match="there is no snapshot named"):
        newest("*")


def test_a_check_does_not_count_what_a_restore_kept(held: list[Snapshot]) -> None:
    held += [DAILY, KEPT]
    context: Any = None
    options: Any = {"repository": "backup", "snapshot": "*", "timeout": 5.0}
    assert search_snapshot.probe(options, context)["newest"] == DAILY.name
    named = {**options, "snapshot": "before-restore-*"}
    held.remove(DAILY)
    assert search_snapshot.probe(named, context)["newest"] == KEPT.name
    with pytest.raises(OpsError, match="there is no successful snapshot"):
        search_snapshot.probe(options, context)


@pytest.mark.parametrize(
    ("restored", "more"), [({"a": 0, "b": 200}, {}), ({"a": 0, "b": 201}, {"*": 1}), ({"a": 0, "b": 199}, {})]
)
def test_growth_hides_no_loss_where_only_sums_are_recorded(restored: dict[str, int], more: dict[str, int]) -> None:
    made_of = {"a": 100, "b": 100}
    metadata = {NAME: {"documents": 200, "indices": 2, "checksum": checksum(made_of)}}
    plan: Any = SimpleNamespace(
        snapshot=SimpleNamespace(metadata=metadata, indices=tuple(restored)),
        assertions=[],
        on="backup/daily",
        tolerance=TOLERANT,
    )
    outcome: Any = SimpleNamespace(compared=None, warnings=[], prove=lambda *_args: pytest.fail("proven"))
    with pytest.raises(drill_levels.Failed) as failed:
        drill_levels._compare(plan, outcome, restored)
    assert failed.value.level == "L4"
    assert "the checksum is another" in failed.value.failed
    assert outcome.compared.more == more


def test_a_cluster_whose_version_is_unknown_judges_itself() -> None:
    about: dict[str, Any] = {
        "version": {"number": "7.10.2"},
        "tagline": "The OpenSearch Project: https://opensearch.org/",
    }
    made = Snapshot("daily", "a", SUCCESS, 1.0, 2.0, version="1.3.2")
    restore_choice.require_not_newer(made, product_of(about, "http://search"), "backup/daily")
    about["version"] = {"number": "1.2.4", "distribution": "opensearch"}
    with pytest.raises(OpsError, match="newer than the cluster's 1"):
        restore_choice.require_not_newer(made, product_of(about, "http://search"), "backup/daily")
