# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a restore that need no cluster: names, selections, room, versions, portions, scratch names."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._search import drill_scratch
from ansible_collections.day2.ops.plugins.module_utils._search.drill_portions import portions_of, sampled
from ansible_collections.day2.ops.plugins.module_utils._search.product import Product
from ansible_collections.day2.ops.plugins.module_utils._search.restore_choice import (
    Selection,
    names_like,
    require_not_newer,
    selected,
)
from ansible_collections.day2.ops.plugins.module_utils._search.restore_naming import Renaming, literal, targets
from ansible_collections.day2.ops.plugins.module_utils._search.restore_options import tolerance_of
from ansible_collections.day2.ops.plugins.module_utils._search.restore_room import (
    Room,
    Size,
    bytes_of,
    kept_free,
    lacking,
)
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import Snapshot

GIB = 1 << 30


def snapshot(*indices: str, streams: tuple[str, ...] = (), version: str = "2.19.1") -> Snapshot:
    return Snapshot("daily", "uuid", "SUCCESS", 1.0, 2.0, indices=indices, streams=streams, version=version)


@pytest.mark.parametrize(
    ("pattern", "replacement", "name", "wanted"),
    [
        ("(.+)", "restored-$1", "orders", "restored-orders"),
        ("^(.+)-(\\d+)$", "$2-$1", "orders-7", "7-orders"),
        ("(?<what>[a-z]+)-.*", "${what}-old", "orders-7", "orders-old"),
        ("orders", "\\$1", "orders-7", "$1-7"),
        ("(o)", "$12", "foo", "fo2o2"),
        ("(x)?orders", "a$1", "orders", "a"),
        ("(.*)", "r-$1", "ab", "r-abr-"),
        ("nothing", "x", "orders", "orders"),
    ],
)
def test_names_are_those_of_java(pattern: str, replacement: str, name: str, wanted: str) -> None:
    assert Renaming(pattern, replacement).namer()(name) == wanted


@pytest.mark.parametrize(
    ("pattern", "replacement", "words"),
    [
        ("(", "x", "cannot be read"),
        ("(.+)", "$2", "no group"),
        ("(.+)", "x$", "ends too early"),
        ("(.+)", "x\\", "ends too early"),
        ("(.+)", "${what}", "names no group"),
        ("(.+)", "$x", "no group"),
    ],
)
def test_what_cannot_be_read_is_told(pattern: str, replacement: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Renaming(pattern, replacement).namer()


def test_a_literal_means_itself() -> None:
    assert Renaming("^(.+)$", f"$1-{literal('a$1b')}").namer()("x") == "x-a$1b"


def test_two_indices_never_get_one_name() -> None:
    with pytest.raises(InputError, match="a-1 and a-2 would both be restored as b"):
        targets(Selection(("a-1", "a-2")), Renaming("a-.", "b"))
    with pytest.raises(InputError, match="the new name of a: 'B' has upper case"):
        targets(Selection(("a",)), Renaming("a", "B"))
    with pytest.raises(InputError, match="the new name of a: '' is empty"):
        targets(Selection(("a",)), Renaming("a", ""))


def test_indices_behind_a_stream_keep_their_beginning() -> None:
    selection = Selection((), {"logs": (".ds-logs-000001",)})
    assert targets(selection, Renaming("^(.+)$", "old-$1")) == {".ds-logs-000001": ".ds-old-logs-000001"}


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        (["*"], ["orders-1", "orders-2"]),
        ([".*"], [".kibana_1"]),
        (["*", ".*"], [".kibana_1", "orders-1", "orders-2"]),
        (["orders-*", "-orders-1"], ["orders-2"]),
        ([".kibana_1", "orders-1"], [".kibana_1", "orders-1"]),
    ],
)
def test_patterns_mean_what_they_mean_to_the_servers(patterns: list[str], wanted: list[str]) -> None:
    assert selected(snapshot("orders-1", "orders-2", ".kibana_1"), patterns).all == wanted


def test_what_is_not_in_the_snapshot_is_told() -> None:
    with pytest.raises(NotThere, match="other is not in the snapshot"):
        selected(snapshot("orders"), ["orders", "other"])
    with pytest.raises(NotThere, match=r"nothing in the snapshot matches x\*"):
        selected(snapshot("orders"), ["x*"])
    with pytest.raises(NotThere, match="nothing in the snapshot"):
        selected(snapshot("orders"), ["*", "-orders"])


def test_a_stream_stands_for_what_is_behind_it() -> None:
    behind = (".ds-logs-2026.03.01-000001", ".ds-logs-2026.03.01-000002")
    held = snapshot("orders", *behind, ".ds-logs-web-000001", streams=("logs", "logs-web"))
    found = selected(held, ["*"])
    assert found.indices == ("orders",)
    assert found.streams == {"logs": behind, "logs-web": (".ds-logs-web-000001",)}
    assert selected(held, ["logs"]).streams == {"logs": behind}
    alone = selected(held, [behind[1]])
    assert (alone.indices, alone.streams) == ((behind[1],), {})


def test_names_of_snapshots() -> None:
    assert names_like("daily-{now/d}").match("daily-20260301")
    assert not names_like("daily-{now/d}").match("daily-20260301-2")
    assert names_like("daily-*").match("daily-20260301-2")
    assert names_like("*").match("x")
    assert not names_like("a.b*").match("aXb")


def product(distribution: str, number: str) -> Product:
    major, minor, *_rest = number.split(".")
    return Product(distribution, number, (int(major), int(minor)), "c", "u")


@pytest.mark.parametrize(
    ("here", "made", "newer"),
    [
        (("elasticsearch", "7.17.28"), "8.1.0", True),
        (("elasticsearch", "7.17.28"), "7.17.3", False),
        (("elasticsearch", "8.2.0"), "8.11.0", True),
        (("opensearch", "2.19.1"), "3.0.0", True),
        (("opensearch", "2.19.1"), "7.10.2", False),
        (("opensearch", "2.19.1"), "", False),
    ],
)
def test_versions(here: tuple[str, str], made: str, newer: bool) -> None:
    if not newer:
        require_not_newer(snapshot("a", version=made), product(*here), "r/s")
        return
    with pytest.raises(OpsError, match=f"made by version {made}, newer than the cluster's {here[1]}: r/s"):
        require_not_newer(snapshot("a", version=made), product(*here), "r/s")


@pytest.mark.parametrize(
    ("watermark", "headroom", "total", "wanted"),
    [
        ("90%", None, 100, 10),
        ("0.9", None, 100, 10),
        ("50gb", None, 100 * GIB, 50 * GIB),
        ("90%", "150gb", 10_000 * GIB, 150 * GIB),
        ("90%", "150GB", 100 * GIB, 10 * GIB),
        ("90%", "-1", 100, 10),
    ],
)
def test_watermarks(watermark: str, headroom: str | None, total: int, wanted: int) -> None:
    assert abs(kept_free(watermark, headroom, total) - wanted) <= 1


def test_sizes_in_words() -> None:
    assert [bytes_of(text) for text in ("50gb", "1k", "7", "1.5m", "x", "")] == [50 * GIB, 1024, 7, 1572864, None, None]


def test_room() -> None:
    needed = [Size(10, 2, 2), Size(5, 1, 1)]
    assert lacking(needed, Room(15, 3), 0) == []
    assert lacking(needed, Room(None, None), 5) == []
    disk, shards = lacking(needed, Room(29, 5), 1)
    assert disk == "disk: 30 bytes are needed, 29 are free below the high watermark"
    assert shards == "shards: 6 are needed, 5 more are allowed (cluster.max_shards_per_node)"


def test_tolerance() -> None:
    assert tolerance_of("0").allows(0, None)
    assert not tolerance_of("0").allows(1, 100)
    assert tolerance_of("10").allows(10, None)
    assert tolerance_of("1%").allows(1, 100)
    assert not tolerance_of("1%").allows(2, 100)
    assert not tolerance_of("1%").allows(1, None)
    with pytest.raises(InputError, match="tolerance 'few' cannot be read"):
        tolerance_of("few")


def test_portions_have_room() -> None:
    sizes = {f"i{number}": Size(10, 2, 2) for number in range(5)}
    assert portions_of(sizes, Room(50, 100), None, "r/s") == [["i0", "i1"], ["i2", "i3"], ["i4"]]
    assert portions_of(sizes, Room(None, 6), None, "r/s") == [["i0", "i1", "i2"], ["i3", "i4"]]
    assert portions_of(sizes, Room(1000, None), 10, "r/s") == [[f"i{number}"] for number in range(5)]
    assert portions_of(sizes, Room(10, 2), None, "r/s") == [[f"i{number}"] for number in range(5)]
    many = {f"i{number:03}": Size(0, 1, 1) for number in range(120)}
    assert [len(some) for some in portions_of(many, Room(None, None), None, "r/s")] == [50, 50, 20]
    for room, most, words in (
        (Room(9, None), None, "i0 takes 10 bytes, 9 are free"),
        (Room(None, 1), None, "i0 has 2 shards, 1 more are allowed"),
        (Room(None, None), 9, r"i0 takes 10 bytes, more than max_bytes \(9\)"),
    ):
        with pytest.raises(OpsError, match=words):
            portions_of(sizes, room, most, "r/s")


def test_a_sample() -> None:
    assert sampled(["b", "a"], None) == ["a", "b"]
    assert sampled(["b", "a"], 2) == ["a", "b"]
    assert len(sampled([str(number) for number in range(20)], 3)) == 3


def test_scratch_names_know_their_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    mine = drill_scratch.maker(now + 60)
    name = mine.scratch("orders-1")
    assert name.startswith("day2-drill-")
    assert name.endswith("-orders-1")
    others = [name, "day2-drill-orders", "orders", "day2-drill-zz-1-1-1-orders"]
    assert list(drill_scratch.leftovers(others, now)) == []
    assert list(drill_scratch.leftovers(others, now + 3600)) == []
    assert list(drill_scratch.leftovers(others, now + 3700)) == [name]
    with pytest.raises(InputError, match="too long"):
        mine.scratch("x" * 230)
    monkeypatch.setattr(drill_scratch, "_began", lambda _pid: None)
    assert list(drill_scratch.leftovers(others, now)) == []  # no process is seen at all
    monkeypatch.setattr(drill_scratch, "_sees_others", lambda: True)
    assert list(drill_scratch.leftovers(others, now)) == [name]
    # of another host nothing but its deadline is known
    monkeypatch.setattr(drill_scratch, "_host", lambda: "0" * 8)
    assert list(drill_scratch.leftovers(others, now)) == []


def test_a_process_that_has_ended_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(os, "getpid", lambda: program.pid)
    name = drill_scratch.maker(2_000_000_000.0).scratch("a")
    assert list(drill_scratch.leftovers([name], 1_900_000_000.0)) == []
    program.communicate(b"\n")
    assert list(drill_scratch.leftovers([name], 1_900_000_000.0)) == [name]


def test_a_host_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr(os, "readlink", refuse)
    name = drill_scratch.maker(1_000.0).scratch("a")
    assert list(drill_scratch.leftovers([name], 900.0)) == []
    assert list(drill_scratch.leftovers([name], 5_000.0)) == [name]
