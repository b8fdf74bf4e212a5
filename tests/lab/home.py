# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of one lab: its facts, its processes, and the place where servers keep their data."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

from . import process, state
from .errors import LabError
from .identity import Account, give, reachable_by_others, server_account, walkable_by_others
from .ports import on_free_ports
from .state import Facts, ProcessFacts


class Home:
    """One lab's folder (`folder`), data (`run_dir`) and facts (`facts`, written by `save`)."""

    def __init__(self, folder: Path, facts: Facts, account: Account | None) -> None:
        self.folder = folder
        self.facts = facts
        self.account = account
        self.run_dir = Path(facts["run_dir"])

    @classmethod
    def open(cls, folder: Path) -> Home:
        """Return the home of the lab that is up in the folder; raises LabError when there is none."""
        return cls(folder, state.read(folder), server_account())

    @classmethod
    def open_or_make(cls, folder: Path) -> Home:
        """Return the home in the folder, made first when there is none."""
        if state.path_in(folder).exists():
            return cls.open(folder)
        account = server_account()
        facts: Facts = {"dir": str(folder), "run_dir": str(_data_place(folder, account)), "processes": {}}
        home = cls(folder, facts, account)
        (home.run_dir / "logs").mkdir(mode=0o700, exist_ok=True)
        home.save()
        return home

    def save(self) -> None:
        """Write the facts down."""
        state.write(self.folder, self.facts)

    def reread(self) -> None:
        """Take in what another command has written since."""
        now = state.read(self.folder)
        held: dict[str, Any] = cast(Any, self.facts)  # the same object: whoever holds it sees what is so
        held.clear()
        held.update(now)

    def remove(self) -> None:
        """Remove all that the lab wrote, the folder included."""
        for place in (self.run_dir, self.folder):
            shutil.rmtree(place, ignore_errors=True)
            if place.exists():
                raise LabError(f"cannot remove {place} completely: remove it by hand")

    def server_folder(self, name: str) -> Path:
        """Return the data folder of a server, made when it is not there and owned by whom servers run as."""
        folder = self.run_dir / name
        folder.mkdir(exist_ok=True)
        give(folder, self.account, 0o700)
        return folder

    def server_file(self, path: Path, content: str) -> Path:
        """Write a file with secrets that a server reads."""
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        give(path, self.account, 0o600)
        return path

    def program(self, path: Path) -> Path:
        """Return the program, as a copy in the data folder when servers could not reach or run it."""
        if os.access(path, os.X_OK) and (self.account is None or reachable_by_others(path)):
            return path
        copy = self.run_dir / path.name
        if not copy.exists():
            shutil.copyfile(path, copy)
            copy.chmod(0o755)
        return copy

    def program_folder(self, path: Path) -> Path:
        """Return the folder of programs and their files, as a copy when servers could not reach it."""
        if self.account is None or walkable_by_others(path):
            return path
        copy = self.run_dir / "programs" / path.name
        if not copy.exists():
            shutil.copytree(path, copy, symlinks=True)
            (self.run_dir / "programs").chmod(0o755)
        return copy

    def log(self, name: str) -> Path:
        """Return where the output of the process of that name goes."""
        return self.run_dir / "logs" / f"{name}.log"

    def runs(self, name: str) -> bool:
        """Tell whether the process of that name runs."""
        facts = self.facts["processes"].get(name)
        return facts is not None and process.is_alive(facts)

    def process(self, name: str) -> ProcessFacts:
        """Return the facts of a process; raises LabError for a name that was never started."""
        try:
            return self.facts["processes"][name]
        except KeyError as error:
            known = ", ".join(self.facts["processes"]) or "none"
            raise LabError(f"no process '{name}' in this lab; known: {known}") from error

    def launch(
        self, name: str, argv: list[str], unprivileged: bool = False, stop_signal: int = signal.SIGTERM
    ) -> ProcessFacts:
        """Start a process under the name, unless it runs, and remember it."""
        if self.runs(name):
            return self.process(name)
        account = self.account if unprivileged else None
        facts = process.start(argv, self.log(name), account, stop_signal)
        self.facts["processes"][name] = facts
        self.save()
        return facts

    def stop(self, name: str) -> None:
        """Stop the process of that name, if it runs."""
        if name in self.facts["processes"]:
            process.stop(self.facts["processes"][name])

    def on_free_ports(self, count: int, launch: Callable[[list[int]], None]) -> None:
        """Call `launch` with free ports, again with others when a port was taken in between."""
        running = {name for name in self.facts["processes"] if self.runs(name)}
        on_free_ports(count, launch, partial(self._forget_all_but, running))

    def _forget_all_but(self, names: set[str]) -> None:
        """Undo a start that lost its port: what else it has started knows the wrong ports and passwords."""
        for name in set(self.facts["processes"]) - names:
            self.stop(name)
            del self.facts["processes"][name]
            self.log(name).unlink()
        self.save()


def make_folder(folder: Path) -> None:
    """Make the folder of a lab, if it is not there; raises LabError when it holds something else."""
    if state.path_in(folder).exists():
        return
    if folder.exists() and any(item.name != "lock" for item in folder.iterdir()):
        raise LabError(f"{folder} is not empty and holds no lab: name another folder with --dir")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711 if server_account() else 0o700)


def _data_place(folder: Path, account: Account | None) -> Path:
    """Return the lab's folder, or one of its own where the servers' account cannot walk to that."""
    if account is None or walkable_by_others(folder):
        return folder
    place = Path(tempfile.mkdtemp(prefix="day2-lab-"))
    place.chmod(0o711)
    return place
