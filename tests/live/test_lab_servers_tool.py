# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make servers`: what is cached is made once and whole; what cannot be had is said, with the tests it leaves out."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab import artifacts
from ansible_collections.day2.ops.tests.lab.artifacts import Artifact, run
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tools import debian, servers


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _artifact(text: str, *argv: str, needs: tuple[str, ...] = ("sh",)) -> Artifact:
    def build(folder: Path) -> None:
        run([*argv], cwd=folder)

    return Artifact("thing", "a thing", "things", needs, lambda: text, build)


def test_it_is_made_once_and_anew_when_its_recipe_changes() -> None:
    thing = _artifact("one", "sh", "-c", "date +%N > made")
    assert thing.missing() == "no a thing: run 'make things'"
    assert servers.make_artifacts([(thing, "nothing")])
    first = (thing.folder / "made").read_text(encoding="utf-8")
    assert servers.make_artifacts([(thing, "nothing")])
    assert (thing.folder / "made").read_text(encoding="utf-8") == first
    assert _artifact("two", "true").missing() != ""


def test_a_build_that_fails_leaves_nothing_and_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    thing = _artifact("one", "sh", "-c", "touch half; echo Error: no such module >&2; echo see the manual; exit 3")
    assert not servers.make_artifacts([(thing, "nothing")])
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "servers: left out are tests with a thing: sh failed, exit status 3: Error: no such module"
    assert list(artifacts.cache().rglob("half")) == []
    assert thing.missing() != ""


def test_what_it_needs_and_is_not_here_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    thing = _artifact("one", "true", needs=("no-such-compiler",))
    assert not servers.make_artifacts([(thing, "nothing")])
    assert capsys.readouterr().out == "servers: left out are tests with a thing: needs no-such-compiler on PATH\n"
    assert thing.missing() == "no a thing: run 'make things' (needs no-such-compiler on PATH)"
    with pytest.raises(LabError, match="false failed, exit status 1: it said nothing"):
        run(["false"])


def test_who_is_not_root_is_told_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda program: None if program in {"dockerd", "etcd"} else f"/bin/{program}")
    servers.install_packages()
    assert capsys.readouterr().out == (
        "servers: left out are tests with containers, Kubernetes: only root can install what they need"
        " (Debian packages docker.io etcd-server)\n"
    )


@pytest.mark.skipif(not shutil.which("apt-cache"), reason="no apt-cache on PATH")
def test_apt_is_asked_which_packages_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    run_it = debian._run

    def run_all_but_update(argv: list[str]) -> object:
        asked.append(argv)
        return run_it(["true"] if argv[0] == "apt-get" else argv)

    monkeypatch.setattr(debian, "_run", run_all_but_update)
    assert debian.known({"no-such-package-anywhere", "apt"}) == {"apt"}
    assert asked[1][:2] == ["apt-get", "update"]


def test_services_stay_off_while_packages_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "POLICY", policy)
    with debian.services_stay_off():
        assert "exit 101" in policy.read_text(encoding="ascii")
        assert stat.S_IMODE(policy.stat().st_mode) == 0o755
    assert not policy.exists()
    policy.write_text("mine", encoding="ascii")
    with debian.services_stay_off():
        assert policy.read_text(encoding="ascii") == "mine"
    assert policy.read_text(encoding="ascii") == "mine"
