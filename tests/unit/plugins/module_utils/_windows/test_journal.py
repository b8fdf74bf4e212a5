# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: one holder at a time, resumed after a death, whole at every moment."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.files import write_json
from ansible_collections.day2.ops.plugins.module_utils._windows.budget import Budget
from ansible_collections.day2.ops.plugins.module_utils._windows.journal import (
    CLOSED,
    OPEN,
    REFUSE,
    REQUIRE,
    TAKE_UP,
    Journal,
    Wanted,
)
from ansible_collections.day2.ops.plugins.module_utils._windows.owner import Owner
from ansible_collections.day2.ops.plugins.module_utils._windows.spare import SIZE

if TYPE_CHECKING:
    from .conftest import Holder, Work


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state", "shop")


@pytest.fixture
def me() -> Owner:
    return Owner.of_process(os.getpid())


def held_by_another(journal: Journal) -> Work:
    """Return work that opens the window and notes a step, then says so."""

    def work(connection: Connection) -> None:
        owner = Owner.of_process(os.getpid())
        journal.open(owner, "vacuum", takeover=False)
        journal.note(owner, "preflight", "done", {"baseline": {"a": 1}})
        connection.send("held")

    return work


def test_there_never_was_a_window(journal: Journal) -> None:
    assert journal.read() == {}
    assert not journal.folder.exists()


def test_a_window_from_its_beginning_to_its_end(journal: Journal, me: Owner) -> None:
    opened = journal.open(me, "vacuum", takeover=False)
    assert not opened.resumed
    assert (opened.record["state"], opened.record["reason"], opened.record["steps"]) == (OPEN, "vacuum", {})
    journal.note(me, "step: vacuum", "started", {"a": 1})
    noted = journal.note(me, "step: vacuum", "done", {"b": 2})
    assert noted["steps"]["step: vacuum"]["data"] == {"a": 1, "b": 2}
    assert noted["steps"]["step: vacuum"]["status"] == "done"
    closed = journal.close(me, "done", "all done")
    assert (closed["state"], closed["outcome"], closed["message"]) == (CLOSED, "done", "all done")
    assert journal.read() == closed
    assert json.loads((journal.folder / f"{closed['id']}.json").read_text(encoding="utf-8")) == closed


def test_the_next_window_is_a_new_one_and_the_last_is_kept(journal: Journal, me: Owner) -> None:
    first = journal.open(me, "one", takeover=False).record
    journal.note(me, "step: a", "done", {})
    journal.close(me, "done", "")
    second = journal.open(me, "two", takeover=False)
    assert not second.resumed
    assert second.record["id"] != first["id"]
    assert second.record["steps"] == {}
    assert (journal.folder / f"{first['id']}.json").exists()


def test_only_its_owner_reads_it(journal: Journal, me: Owner) -> None:
    journal.open(me, "vacuum", takeover=False)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.folder.stat().st_mode) == 0o700


def test_opening_again_by_the_holder_goes_on(journal: Journal, me: Owner) -> None:
    first = journal.open(me, "vacuum", takeover=False)
    again = journal.open(me, "another reason", takeover=False)
    assert again.record == first.record
    assert not again.resumed


def test_a_living_holder_is_named(journal: Journal, me: Owner, hold: Callable[[Work], Holder]) -> None:
    holder = hold(held_by_another(journal))
    holder.said()
    before = journal.path.read_bytes()
    with pytest.raises(OpsError) as refused:
        journal.open(me, "mine", takeover=False)
    told = str(refused.value)
    assert told.startswith(f"a window on shop is held by {me.user}@{me.host} (process {holder.pid}) since 20")
    assert "takeover=true" in told
    assert journal.path.read_bytes() == before


@pytest.mark.parametrize("unfinished", [TAKE_UP, REQUIRE])
def test_what_was_left_by_other_work_is_not_taken_up(
    journal: Journal, me: Owner, hold: Callable[[Work], Holder], unfinished: str
) -> None:
    holder = hold(held_by_another(journal))
    holder.said()
    holder.kill()
    before = journal.path.read_bytes()
    with pytest.raises(OpsError, match=r"another purpose \(maintenance: vacuum\).*run again what it was opened"):
        journal.open(me, "restore of shop-db", takeover=True, wanted=Wanted(unfinished=unfinished, purpose="restore"))
    assert journal.path.read_bytes() == before
    assert journal.open(me, "another reason", takeover=False).resumed


def test_a_killed_holder_is_taken_up_where_it_was(journal: Journal, me: Owner, hold: Callable[[Work], Holder]) -> None:
    holder = hold(held_by_another(journal))
    holder.said()
    holder.kill()
    opened = journal.open(me, "mine", takeover=False)
    assert opened.resumed
    assert opened.record["reason"] == "vacuum"
    assert opened.record["steps"]["preflight"]["data"] == {"baseline": {"a": 1}}
    assert [entry["from"]["pid"] for entry in opened.record["taken_over"]] == [holder.pid]
    assert journal.open(me, "mine", takeover=False).resumed
    assert journal.close(me, "done", "")["state"] == CLOSED


def test_a_living_holder_that_lost_the_window_is_told_to_stop(
    journal: Journal, me: Owner, hold: Callable[[Work], Holder]
) -> None:
    def work(connection: Connection) -> None:
        held_by_another(journal)(connection)
        assert connection.recv() == "go on"
        try:
            journal.note(Owner.of_process(os.getpid()), "step: a", "started", {})
        except OpsError as error:
            connection.send(str(error))

    holder = hold(work)
    holder.said()
    assert journal.open(me, "mine", takeover=True).resumed
    holder.tell("go on")
    assert holder.said() == f"the window was taken over by {me}: shop; this run stops here, and leaves all as it is"


def test_a_holder_on_another_host_is_taken_over_only_on_purpose(journal: Journal, me: Owner) -> None:
    journal.open(replace(me, host="elsewhere"), "vacuum", takeover=False)
    with pytest.raises(OpsError, match=r"held by .+@elsewhere"):
        journal.open(me, "mine", takeover=False)
    assert journal.open(me, "mine", takeover=True).resumed


def test_of_many_at_once_one_gets_the_window(journal: Journal, hold: Callable[[Work], Holder]) -> None:
    def work(connection: Connection) -> None:
        assert connection.recv() == "go"
        try:
            journal.open(Owner.of_process(os.getpid()), "mine", takeover=False)
            connection.send("got it")
        except OpsError as error:
            connection.send(str(error))

    holders = [hold(work) for _number in range(8)]
    for holder in holders:
        holder.tell("go")
    answers = [holder.said() for holder in holders]
    assert answers.count("got it") == 1
    winner = holders[answers.index("got it")]
    assert sum(f"(process {winner.pid})" in answer for answer in answers) == 7


def test_who_only_asks_does_not_make_the_holders_notes_fail(
    journal: Journal, me: Owner, hold: Callable[[Work], Holder]
) -> None:
    journal.open(me, "vacuum", takeover=False)

    def work(connection: Connection) -> None:
        connection.send("asking")
        while True:
            try:
                journal.open(Owner.of_process(os.getpid()), "mine", takeover=False)
            except OpsError:
                continue

    for holder in [hold(work), hold(work)]:
        holder.said()
    for number in range(100):
        journal.note(me, f"step: {number}", "done", {})
    assert len(journal.read()["steps"]) == 100


def test_a_reader_never_sees_half_a_record_and_a_kill_leaves_none(
    journal: Journal, me: Owner, hold: Callable[[Work], Holder]
) -> None:
    def work(connection: Connection) -> None:
        owner = Owner.of_process(os.getpid())
        journal.open(owner, "vacuum", takeover=False)
        connection.send("open")
        while True:
            journal.note(owner, "step: a", "started", {"padding": "x" * 200_000})

    for _life in range(5):
        holder = hold(work)
        holder.said()
        for _look in range(20):
            assert journal.read()["state"] == OPEN
        holder.kill()
        assert journal.read()["state"] == OPEN
    assert journal.open(me, "mine", takeover=False).resumed


@pytest.mark.parametrize("name", ["", ".", "..", "../shop", "a/b", "/etc", ".hidden", "-x", "shop\n", "a" * 65, "ü"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a usable service name"):
        Journal(tmp_path, name)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{half", "the file is not valid JSON"),
        (b"\xff\xfe", "the file is not valid JSON"),
        (b"[]", "the journal is of another format"),
        (b'{"format": 2, "state": "open"}', "the journal is of another format"),
    ],
)
def test_a_journal_that_cannot_be_read_is_not_touched(journal: Journal, me: Owner, content: bytes, words: str) -> None:
    journal.folder.mkdir(parents=True)
    journal.path.write_bytes(content)
    with pytest.raises(OpsError) as told:
        journal.open(me, "vacuum", takeover=True)
    assert words in str(told.value)
    assert str(journal.path) in str(told.value)
    assert "\n" not in str(told.value)
    assert journal.path.read_bytes() == content


def test_a_folder_that_cannot_be_made(tmp_path: Path, me: Owner) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OpsError, match="cannot make the folder"):
        Journal(tmp_path / "file", "shop").open(me, "vacuum", takeover=False)


def test_without_an_open_window_nothing_is_noted_or_closed(journal: Journal, me: Owner) -> None:
    with pytest.raises(OpsError, match="no window is open: shop; open one first"):
        journal.note(me, "step: a", "done", {})
    journal.open(me, "vacuum", takeover=False)
    journal.close(me, "done", "")
    with pytest.raises(OpsError, match="no window is open"):
        journal.close(me, "done", "")


def test_a_window_that_was_left_is_refused_where_a_new_one_is_wanted(
    journal: Journal, me: Owner, hold: Callable[[Work], Holder]
) -> None:
    holder = hold(held_by_another(journal))
    assert holder.said() == "held"
    holder.kill()
    before = journal.read()
    with pytest.raises(OpsError, match="is not finished") as refused:
        journal.open(me, "one step", takeover=False, wanted=Wanted(unfinished=REFUSE))
    assert "window_do=abort" in str(refused.value)
    assert journal.read() == before
    late = Wanted(budget=Budget(0.0, 0.0), is_end_given=True, needs=60.0)
    assert journal.open(me, "vacuum", takeover=False, wanted=late).resumed  # it has to be ended, however late it is
    assert journal.read()["budget"]["ends_at"] == "1970-01-01T00:00:00Z"


def full(*_arguments: object) -> None:
    raise OpsError("cannot write the file (No space left on device)")


class Disk:
    """Has room for a record only once the spare was given back."""

    def __init__(self, journal: Journal) -> None:
        self.spare = journal.spare.path
        self.write = write_json

    def __call__(self, path: Path, value: object) -> None:
        (full if self.spare.exists() else self.write)(path, value)


def test_what_ends_a_window_is_noted_though_the_disk_is_full(
    journal: Journal, me: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.open(me, "vacuum", takeover=False)
    journal.note(me, "step: a", "started", {})
    assert journal.spare.path.stat().st_size == SIZE
    monkeypatch.setattr("ansible_collections.day2.ops.plugins.module_utils._windows.journal.write_json", Disk(journal))
    with pytest.raises(OpsError, match="No space left") as error:
        journal.note(me, "step: a", "done", {})
    assert error.value.details["window"]["steps"]["step: a"]["status"] == "started"
    assert journal.note(me, "undo", "started", {})["steps"]["undo"]["status"] == "started"
    assert not journal.spare.path.exists()
    assert journal.close(me, "failed", "no room")["state"] == CLOSED


@pytest.mark.parametrize(("step", "status"), [("undo", "started"), ("step: a", "failed"), ("step: a", "undone")])
def test_a_disk_without_any_room_is_told(
    journal: Journal, me: Owner, monkeypatch: pytest.MonkeyPatch, step: str, status: str
) -> None:
    journal.open(me, "vacuum", takeover=False)
    monkeypatch.setattr("ansible_collections.day2.ops.plugins.module_utils._windows.journal.write_json", full)
    with pytest.raises(OpsError, match="No space left") as error:
        journal.note(me, step, status, {})
    assert error.value.details["window"]["steps"] == {}


def test_a_window_is_not_opened_without_room_for_its_end(
    journal: Journal, me: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OpsError, match=r"no room for the journal \(No space left on device\)"):
        journal.open(me, "vacuum", takeover=False)
    assert journal.read() == {}
    assert not journal.spare.path.exists()


def test_a_window_that_is_closed_keeps_no_room(journal: Journal, me: Owner) -> None:
    journal.open(me, "vacuum", takeover=False)
    journal.close(me, "done", "")
    assert not journal.spare.path.exists()
    assert not journal.spare.give()


def test_a_part_waits_for_the_whole_and_the_whole_for_its_parts(journal: Journal, me: Owner) -> None:
    part = Journal(journal.all, "shop-web", within="shop")
    journal.open(me, "vacuum", takeover=False)
    with pytest.raises(OpsError, match=r"window on the service that this is a part of is open: shop, held by .*end it"):
        part.open(me, "kernel", takeover=False)
    journal.close(me, "done", "")
    part.open(me, "kernel", takeover=False)
    with pytest.raises(OpsError, match=r"window on a part of it is open: shop-web, held by .*: shop; end it first"):
        journal.open(me, "vacuum", takeover=False)
    assert part.open(me, "kernel", takeover=False).record["within"] == "shop"
    part.close(me, "done", "")
    assert not journal.open(me, "vacuum", takeover=False).resumed


def test_parts_and_other_services_are_in_maintenance_at_once(journal: Journal, me: Owner) -> None:
    for name, within in (("shop-web", "shop"), ("shop-db", "shop"), ("mail", ""), ("mail-web", "mail-all")):
        Journal(journal.all, name, within=within).open(me, "kernel", takeover=False)
    (journal.all / "other").mkdir()
    (journal.all / "other/window.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OpsError, match=r"shop-db, held by .*; shop-web, held by "):
        journal.open(me, "vacuum", takeover=False)


def test_a_service_is_no_part_of_itself(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the service shop is not a part of itself; within names another one"):
        Journal(tmp_path, "shop", within="shop")


def test_a_part_that_is_taken_up_says_of_what(journal: Journal, me: Owner, hold: Callable[[Work], Holder]) -> None:
    """As one of an older version does not."""
    part = Journal(journal.all, "shop-web", within="shop")
    holder = hold(held_by_another(Journal(journal.all, "shop-web")))
    assert holder.said() == "held"
    holder.kill()
    assert part.open(me, "kernel", takeover=False).resumed
    with pytest.raises(OpsError, match="window on a part of it is open: shop-web"):
        journal.open(me, "vacuum", takeover=False)
