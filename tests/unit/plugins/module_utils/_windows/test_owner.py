# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners: a process is told from a dead one, from another host's, and from a later one of the same number."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.day2.ops.plugins.module_utils._windows.owner import Owner

if TYPE_CHECKING:
    from .conftest import Holder, Work


def test_a_living_process_is_not_gone() -> None:
    mine = Owner.of_process(os.getpid())
    assert not mine.is_gone()
    assert str(mine) == f"{mine.user}@{mine.host} (process {os.getpid()})"


def test_a_record_is_read_back() -> None:
    mine = Owner.of_process(os.getpid())
    assert Owner.from_record({**mine.as_record(), "added": "later"}) == mine


def test_a_killed_process_is_gone_reaped_or_not(hold: Callable[[Work], Holder]) -> None:
    holder = hold(lambda connection: connection.send("up"))
    holder.said()
    owner = Owner.of_process(holder.pid)
    assert not owner.is_gone()
    holder.kill()
    assert owner.is_gone()
    holder.reap()
    assert owner.is_gone()


def test_a_later_process_of_the_same_number_is_another() -> None:
    mine = Owner.of_process(os.getpid())
    assert replace(mine, started=mine.started - 1).is_gone()
    assert replace(mine, boot="an earlier one").is_gone()


def test_of_another_host_nothing_is_known() -> None:
    mine = Owner.of_process(os.getpid())
    assert not replace(mine, host="elsewhere", started=1).is_gone()


def test_a_process_of_which_nothing_was_known_is_not_called_gone() -> None:
    mine = Owner.of_process(os.getpid())
    assert not replace(mine, started=0, boot="").is_gone()
