# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind file: what a file held before is kept until clients come in again, whatever becomes of it meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._ingress import file

from .played import Played, turn

BEFORE = b"# of the owner\r\n"


class Site:
    """A file that a proxy reads: clients are kept out while it says shut, or while the proxy is down."""

    def __init__(self, played: Played, folder: Path) -> None:
        self.path = folder / "shop"
        self.path.write_bytes(BEFORE)
        self.up = True
        self.url = played.url
        played.reply = lambda _asked: (200 if self.up and not self.says_shut() else 503, b"")

    def says_shut(self) -> bool:
        return self.path.exists() and b"shut" in self.path.read_bytes()

    def switch(self, **more: Any) -> dict[str, Any]:
        given = {"kind": "file", "path": str(self.path), "closed_content": "shut\n", "reload": ["true"]}
        return {**given, "outside": {"url": self.url, "open_status": [200]}, **more}

    def beside(self) -> list[str]:
        return sorted(one.name for one in self.path.parent.iterdir() if one != self.path)


@pytest.fixture
def site(played: Played, tmp_path: Path) -> Site:
    return Site(played, tmp_path)


@pytest.mark.parametrize("content", ["shut\n", "shut\r\nfor good", "shüt shut"])
def test_a_content_that_is_edited_while_it_is_closed(site: Site, content: str) -> None:
    turn(site.switch(), "closed")
    edited = site.switch(closed_content=content)
    assert not turn(edited, "closed").changed
    turn(edited, "open")
    assert site.path.read_bytes() == BEFORE and not site.beside()
    # and when it is written anew, as its proxy did not take the other
    turn(site.switch(), "closed")
    site.path.write_text("half shut\n", encoding="utf-8")
    with pytest.raises(OpsError, match="was written while the ingress was closed, and clients meet: closed"):
        turn(edited, "closed")
    site.path.write_text("shut\n", encoding="utf-8")
    turn(edited, "open")
    assert site.path.read_bytes() == BEFORE and not site.beside()


def test_another_content_takes_the_place_of_one_that_kept_nobody_out(site: Site) -> None:
    with pytest.raises(OpsError, match="clients meet: open"):
        turn(site.switch(closed_content="shtu\n"), "closed")
    with pytest.raises(OpsError, match="ended with status 1"):
        turn(site.switch(check=["false"]), "closed")
    assert site.path.read_bytes() == b"shtu\n"
    assert turn(site.switch(), "closed").changed and site.path.read_bytes() == b"shut\n"
    turn(site.switch(closed_content="shtu\n"), "open")
    assert site.path.read_bytes() == BEFORE and not site.beside()


def test_a_proxy_that_is_not_up_yet_is_asked_again(site: Site) -> None:
    turn(site.switch(), "closed")
    site.up = False
    for _again in range(2):
        with pytest.raises(OpsError, match=r"clients meet: closed; .* before is kept in .*/\.shop\.day2-open$"):
            turn(site.switch(), "open")
        assert site.path.read_bytes() == BEFORE
    site.up = True
    told = turn(site.switch(), "open")
    assert (told.changed, told.data["before"], site.beside()) == (True, "half-way", [])
    assert not turn(site.switch(), "open").changed


def test_what_somebody_wrote_meanwhile_stays(site: Site) -> None:
    turn(site.switch(), "closed")
    site.path.write_text("newer\n", encoding="utf-8")
    site.up = False
    with pytest.raises(OpsError, match="before is kept in"):
        turn(site.switch(), "open")
    with pytest.raises(OpsError, match=r"meet: closed: .*/shop; .* kept in .*day2-open; remove that if"):
        turn(site.switch(), "closed")
    assert site.path.read_text(encoding="utf-8") == "newer\n"
    assert site.path.with_name(".shop.day2-open").read_bytes() == BEFORE
    # clients come in by it: it is what is kept from now on
    site.up = True
    assert turn(site.switch(), "closed").changed
    turn(site.switch(), "open")
    assert site.path.read_text(encoding="utf-8") == "newer\n" and not site.beside()


def test_a_file_that_somebody_removed_meanwhile_stays_away(site: Site) -> None:
    turn(site.switch(), "closed")
    site.path.unlink()
    assert turn(site.switch(), "open").data["before"] == "half-way"
    assert not site.path.exists() and not site.beside()


@pytest.mark.parametrize("there", [True, False])
def test_who_died_half_way_is_gone_on_with(site: Site, there: bool) -> None:
    aside = site.path.with_name(".shop.day2-open" if there else ".shop.day2-absent")
    if not there:
        site.path.unlink()
    aside.write_bytes(BEFORE if there else b"")  # and the file not written
    assert turn(site.switch(), "open", check_mode=True).data["before"] == "half-way"
    turn(site.switch(), "closed")
    site.path.with_name(".shop.day2-closed").unlink()  # as where what was is put there by hand
    assert turn(site.switch(closed_content="other"), "open").data["before"] == "closed"
    assert (site.path.read_bytes() == BEFORE if there else not site.path.exists()) and not site.beside()


def test_who_died_before_it_was_closed_takes_nothing_from_who_writes_it_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(file, "write", die)
        turn(site.switch(), "closed")
    assert site.path.read_bytes() == BEFORE and site.beside() == [".shop.day2-closed", ".shop.day2-open"]
    site.path.write_text("newer\n", encoding="utf-8")
    for _again in range(2):
        assert turn(site.switch(), "closed").data["before"] != "closed"
        turn(site.switch(), "open")
        assert site.path.read_text(encoding="utf-8") == "newer\n" and not site.beside()


def test_an_opening_that_fails_leaves_it_closed(site: Site) -> None:
    turn(site.switch(), "closed")
    with pytest.raises(OpsError, match="ended with status 1"):
        turn(site.switch(check=["false"]), "open")
    assert site.says_shut() and turn(site.switch(), "open").data["before"] == "closed"
    assert site.path.read_bytes() == BEFORE and not site.beside()


def test_a_link_stays_one(site: Site, tmp_path: Path) -> None:
    enabled = tmp_path / "enabled"
    enabled.mkdir()
    link = enabled / "shop"
    link.symlink_to(os.path.relpath(site.path, enabled))
    turn(site.switch(path=str(link)), "closed")
    assert link.is_symlink() and site.says_shut() and os.listdir(enabled) == ["shop"]
    turn(site.switch(path=str(link)), "open")
    assert link.is_symlink() and site.path.read_bytes() == BEFORE and site.beside() == ["enabled"]
