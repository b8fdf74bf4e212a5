# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores into a cluster that is not as a run before has left it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._search import restore_alias, restore_counting, restore_in_place
from ansible_collections.day2.ops.plugins.module_utils._search.counts import Compared
from ansible_collections.day2.ops.plugins.module_utils._search.restore_alias import Alias
from ansible_collections.day2.ops.plugins.module_utils._search.restore_in_place import InPlace
from ansible_collections.day2.ops.plugins.module_utils._search.restore_options import SPEC, options_of
from ansible_collections.day2.ops.plugins.module_utils._search.restore_present import Index, Present
from ansible_collections.day2.ops.plugins.module_utils._search.restore_work import Work


class Asked:
    """A client with answers of a function."""

    def __init__(self, answer: Callable[[str, str, Any], Any]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def ask(self, method: str, path: str, query: Any = None, body: Any = None, **_more: Any) -> Any:
        self.asked.append(f"{method} {path}")
        return self.answer(method, path, body)


class Here:
    """As much of a restore as a mode looks at."""

    on = "backups/daily"

    def __init__(self, there: Present, targets: dict[str, str], client: Any = None) -> None:
        self.there, self.targets, self.client = there, targets, client
        self.streams: dict[str, str] = {}
        self.resumed = False
        self.again = " with snapshot: daily"
        self.options = SimpleNamespace(aliases=dict.fromkeys(targets, "all"))

    def existing(self) -> list[str]:
        return [name for name in self.targets.values() if name in self.there.indices]


def present(**indices: Index) -> Present:
    return Present(indices, frozenset())


def test_closed_indices_are_replaced_too_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    there = present(a=Index(True, (), 1), b=Index(False, (), 1), other=Index(True, (), 1))
    mode = InPlace(cast(Work, Here(there, {"a": "a", "b": "b", "c": "c"})))
    assert mode.plan() == {"closed": ["a"], "replaced": ["a", "b"]}
    monkeypatch.setattr(restore_in_place, "present", lambda _client: there)
    assert mode.refused().endswith("is open again; closed already before this run, and left so: b")
    assert mode.unclear() == "what was open before is open; closed already before this run, and left so: b"


def test_an_alias_to_a_foreign_index_is_not_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_alias, "was_restored", lambda _work: False)
    here = Index(True, ("all",), 1)
    foreign = Alias(cast(Work, Here(present(a=here, foreign=here), {"a": "a-2"})))
    with pytest.raises(OpsError, match=r"all leads to 2 indices \(a, foreign\), not all of them replaced"):
        foreign.look()
    both = Alias(cast(Work, Here(present(a=here, b=here), {"a": "a-2", "b": "b-2"})))
    both.look()
    assert [swap["from"] for swap in both.plan()["swapped"]] == ["a", "b"]
    monkeypatch.setattr(restore_alias, "was_restored", lambda _work: True)
    again = Alias(cast(Work, Here(Present({"a-2": here, "b-2": here}, frozenset()), {"a": "a-2", "b": "b-2"})))
    again.look()
    assert again.plan() == {"swapped": []}
    beside = Alias(cast(Work, Here(Present({"a-2": here, "foreign": here}, frozenset()), {"a": "a-2"})))
    with pytest.raises(OpsError, match="not all of them replaced"):
        beside.look()


def test_an_alias_that_was_changed_meanwhile_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_alias, "was_restored", lambda _work: False)
    client = Asked(lambda *_asked: {"a": {"aliases": {"all": {}}}})
    mode = Alias(cast(Work, Here(present(a=Index(True, ("all",), 1)), {"a": "a-2"}, client)))
    mode.look()
    now = present(b=Index(True, ("all",), 1))
    monkeypatch.setattr(restore_alias, "present", lambda _client: now)
    with pytest.raises(OpsError, match=r"all led to a before, and to b now.*again with snapshot: daily"):
        mode.finish()
    assert client.asked == []
    monkeypatch.setattr(restore_alias, "present", lambda _client: mode.work.there)
    mode.finish()
    assert client.asked == ["GET a/_alias/all", "POST _aliases"]


@pytest.mark.parametrize(
    ("given", "fails"),
    [
        ({"mode": "alias"}, True),
        ({"mode": "alias", "unverified": "accept"}, False),
        ({"mode": "new"}, False),
        ({"mode": "new", "unverified": "refuse"}, True),
    ],
)
def test_counts_that_nobody_knows(given: dict[str, str], fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_counting, "documents", lambda _client, names: dict.fromkeys(names, 3))
    work = Here(present(), {"a": "a-2"})
    params = SPEC.validate({"url": ["http://search1.example.com:9200"], "repository": "backups", **given}, "test")
    asked: Any = work
    asked.options, asked.snapshot = options_of(params), SimpleNamespace(metadata={}, indices=())
    judged = restore_counting.counted(asked)
    assert judged.failed == fails
    assert ("unverified: accept" in judged.line()) == fails
    assert bool(judged.warnings) != fails
    partly = restore_counting.Judged(Compared(6, 3, unknown=True), False)
    assert partly.line() == "6 documents, and of some indices nobody has recorded how many there should be"


@pytest.mark.parametrize(("asked", "told"), [("newest", " with snapshot: daily"), ("daily", "")])
def test_a_call_that_goes_on_names_the_snapshot(asked: str, told: str) -> None:
    options, snapshot = cast(Any, SimpleNamespace(snapshot=asked)), cast(Any, SimpleNamespace(name="daily"))
    unused = cast(Any, None)
    assert Work(unused, options, snapshot, unused, None, {}, {}, present(), {}).again == told
