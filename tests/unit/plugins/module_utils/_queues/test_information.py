# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dlq_info says of dead letters of which little is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues import information
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter

NOTE = "the key orders:daed does not exist: no dead letters, or a misspelt name"


class Broker:
    """A queue and a pass through its dead letters at once."""

    kind, name, TRAITS = "memory", "orders", frozenset[str]()

    def __init__(self, letters: Sequence[Letter], dead: int | None) -> None:
        self.options: dict[str, Any] = {}
        self._letters, self._dead = list(letters), dead

    def dead_letters(self, _terms: Any) -> Broker:
        return self

    def begin(self) -> int | None:
        return self._dead

    def count(self) -> int | None:
        return self._dead

    def take(self, most: int) -> Sequence[Letter]:
        taken, self._letters = self._letters[:most], self._letters[most:]
        return taken

    def notes(self) -> Sequence[str]:
        return [NOTE] if self._dead is None else []

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Any:
    def look(broker: Broker, **options: Any) -> Result:
        monkeypatch.setattr(information, "described_queue", lambda _params: broker)
        return information.operate(information.SPEC.validate({"queue": {}, **options}, "arguments"), False)

    return look


def test_a_key_that_does_not_exist_is_not_known_to_be_empty(looked: Any) -> None:
    result = looked(Broker([], None))
    assert result.msg == "orders: dead letters: not known how many"
    assert (result.data["dead"], result.data["looked"], result.warnings) == (None, 0, [NOTE])


def test_none_that_are_known_to_be_none(looked: Any) -> None:
    result = looked(Broker([], 0))
    assert (result.msg, result.data["dead"], result.warnings) == ("orders: 0 dead letters", 0, [])


def test_a_filter_counts_what_is_meant(looked: Any) -> None:
    letters = [Letter("1", error="bad"), Letter("2", error="late"), Letter("3")]
    result = looked(Broker(letters, 3), filter={"error": "bad"})
    assert result.msg == "orders: 3 dead letters, 1 of these are meant (1 x bad)"
    assert (result.data["meant"], result.data["looked"]) == (1, 3)
    unknown = looked(Broker(letters, None), filter={"error": "bad"})
    assert unknown.msg == "orders: dead letters: not known how many, 1 of these are meant (1 x bad)"
