# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind firewall with a played nft, which keeps in a file what it was told."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError, NotThere, OpsError

from .played import Played, turn

NFT = """#!{python}
import json, os, sys
place = {place!r}
if os.path.exists(place + ".says"):
    sys.exit(open(place + ".says").read())
if sys.argv[1:] == ["-f", "-"]:
    told = sys.stdin.read()
    with open(place + ".log", "a") as log:
        log.write(told)
    name = told.split()[2]
    body = told.partition("delete table inet " + name)[2].strip()
    if body:
        open(place, "w").write(body)
    elif os.path.exists(place):
        os.remove(place)
elif sys.argv[1:] == ["-j", "list", "tables"]:
    tables = [{{"table": {{"family": "ip", "name": "nat"}}}}]
    if os.path.exists(place):
        tables.append({{"table": {{"family": "inet", "name": open(place).read().split()[2]}}}})
    print(json.dumps({{"nftables": [{{"metainfo": {{}}}}, *tables]}}))
else:
    print(open(place).read())
"""


class Firewall:
    """A program of that name."""

    def __init__(self, folder: Path, played: Played) -> None:
        self.table = folder / "table"
        self.program = folder / "nft"
        self.program.write_text(NFT.format(python=sys.executable, place=str(self.table)), encoding="utf-8")
        self.program.chmod(0o755)
        self.url = played.url
        played.reply = lambda _asked: (503 if self.table.exists() else 200, b"")

    def switch(self, **more: Any) -> dict[str, Any]:
        outside = {"url": self.url, "open_status": [200]}
        return {"kind": "firewall", "ports": [8000, 2575], "nft": str(self.program), "outside": outside, **more}


@pytest.fixture
def firewall(tmp_path: Path, played: Played) -> Firewall:
    return Firewall(tmp_path, played)


def test_a_table_comes_and_goes(firewall: Firewall) -> None:
    given = firewall.switch()
    assert turn(given, "closed", check_mode=True).changed and not firewall.table.exists()
    assert turn(given, "closed").changed
    rules = firewall.table.read_text(encoding="utf-8")
    assert rules.count("ip saddr { 127.0.0.0/8 } accept\n") == 2
    assert rules.count("ip6 saddr { ::1/128 } accept\n") == 2
    begins = "tcp flags & (fin | syn | rst | ack) == syn"
    shut = f"fib daddr type local tcp dport {{ 2575, 8000 }} {begins} reject with tcp reset\n"
    assert rules.count(shut) == 2
    assert not turn(given, "closed").changed
    assert turn(given, "open").changed and not firewall.table.exists()
    assert not turn(given, "open").changed


def test_other_rules_of_ours_are_replaced(firewall: Firewall) -> None:
    turn(firewall.switch(), "closed")
    given = firewall.switch(cut=True, allow_from=[])
    assert turn(given, "closed", check_mode=True).data["before"] == "half-way"
    assert turn(given, "closed").changed
    rules = firewall.table.read_text(encoding="utf-8")
    assert "syn" not in rules and "accept\n" not in rules.replace("policy accept", "")
    assert turn(given, "open").changed and not firewall.table.exists()


def test_what_is_wrong_is_told(firewall: Firewall) -> None:
    for wrong, kind, told in (
        ({"ports": []}, InputError, "ports are not those of TCP"),
        ({"ports": [70000]}, InputError, "expected numbers from 1 to 65535"),
        ({"allow_from": ["10.0.0.0/8; flush ruleset"]}, InputError, "allow_from has no address or network"),
        ({"allow_from": ["10.0.0.1/8"]}, InputError, "host bits"),
        ({"table": "x; flush ruleset"}, InputError, "no name of a table"),
        ({"nft": "/nowhere/nft"}, NotThere, "cannot run the program"),
    ):
        with pytest.raises(kind, match=told) as failed:
            turn(firewall.switch(**wrong), "closed")
        assert "\n" not in str(failed.value)
    for says, refused, told in (
        ("Error: Could not process rule: Operation not permitted", AccessDenied, "it needs root: become"),
        ("Error: No such file or directory; did you mean...", OpsError, "nft refuses: "),
    ):
        Path(f"{firewall.table}.says").write_text(says, encoding="utf-8")
        with pytest.raises(refused, match=told):
            turn(firewall.switch(), "closed")
        os.remove(f"{firewall.table}.says")
    assert not Path(f"{firewall.table}.log").exists()
