# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab: servers by name, started with what they need, stopped and removed together."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from . import certificates, faults, process
from .errors import LabError
from .home import Home, make_folder
from .server import Server
from .servers import SERVERS, in_order, light, server_named
from .signals import signals_as_errors
from .state import Facts, path_in


def _say_nothing(_line: str) -> None:
    return


class Lab:
    """The lab of one folder, from a test (`with Lab(folder) as lab`) or a command.

    say: takes each progress line.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = _say_nothing) -> None:
        self.folder = folder.absolute()
        self.say = say
        self._home: Home | None = None

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def home(self) -> Home:
        """The lab's folder and processes; raises LabError when it is not up."""
        if self._home is None:
            self._home = Home.open(self.folder)
        return self._home

    @property
    def facts(self) -> Facts:
        """What clients must know: the content of state.json."""
        return self.home.facts

    def is_up(self) -> bool:
        """Tell whether there is a lab in the folder."""
        return path_in(self.folder).exists()

    def up(self, names: list[str] | None = None) -> Facts:
        """Start the servers (default: all light ones that this machine has) and those they need; returns the facts.

        What runs is left as it is. When a start fails, what this call has started is stopped again, and a
        lab that this call has made is removed.
        """
        wanted = in_order(names or light())
        make_folder(self.folder)
        with self._alone(), signals_as_errors() as told:
            fresh = not self.is_up()
            running: set[str] = set()
            try:
                self._home = Home.open_or_make(self.folder)
                running = {name for name in self.facts["processes"] if self.home.runs(name)}
                if not (self.folder / "ca.pem").exists():
                    certificates.make_all(self.folder)
                for name in wanted:
                    self._start(name, asked_for=bool(names))
                    told.check()
            except BaseException:
                self._undo(fresh, running)
                raise
        return self.facts

    def missing(self, name: str) -> str:
        """Return why this machine cannot run the server with all that it needs, or an empty text."""
        reasons = ((other, server_named(self.home, other).missing()) for other in in_order([name]))
        return next((f"{other}: {reason}" for other, reason in reasons if reason), "")

    def down(self) -> None:
        """Stop all processes and remove the folder; nothing to do when the lab is not up."""
        if not self.is_up():
            return
        with self._alone():
            self._home = Home.open(self.folder)
            self._remove()

    def run_process(self, name: str) -> None:
        """Start a process of the demo service, unless it runs. Raises LabError for a name that is none."""
        home = self.home
        with self._alone():
            server_named(home, "service").start_process(name)

    def end_process(self, name: str, kill: bool) -> None:
        """End a process: killed, or with time to finish. Raises LabError for a name that was never started."""
        home = self.home
        with self._alone():
            known = home.process(name)
            (process.kill if kill else process.stop)(known)

    def break_server(self, name: str, how: str) -> None:
        """Break a server or process in one of the ways of faults.py."""
        home = self.home
        with self._alone():
            faults.break_server(home, name, how)

    def mend(self, name: str, how: str = "") -> None:
        """Mend a server or process of that fault, or of all it has."""
        home = self.home
        with self._alone():
            faults.mend_server(home, name, how)

    def mend_all(self) -> None:
        """Mend all that was broken."""
        home = self.home
        with self._alone():
            faults.mend_all(home)

    def _start(self, name: str, asked_for: bool) -> None:
        server = server_named(self.home, name)
        if server.is_up():
            self.say(f"{name}: already up")
            return
        reason = server.missing()
        if not reason:
            server.start()
            self.say(f"{name}: up")
            return
        if asked_for:
            raise LabError(f"{name}: {reason}")
        self.facts.setdefault("absent", {})[name] = reason
        self.home.save()
        self.say(f"{name}: not here ({reason})")

    def _undo(self, fresh: bool, running: set[str]) -> None:
        if self._home is None:
            return
        if fresh:
            self._remove()
            return
        for name in reversed(self.facts["processes"]):
            if name not in running:
                self.home.stop(name)

    def _remove(self) -> None:
        known = [kind(self.home) for kind in SERVERS.values()]
        parts = {part for server in known for part in server.process_names()}
        for name in set(self.facts["processes"]) - parts:  # what breaks servers: they are whole again then
            self.home.stop(name)
        for server in reversed(known):
            self._remove_server(server)
        self.home.remove()
        self._home = None

    def _remove_server(self, server: Server) -> None:
        started = [part for part in server.process_names() if part in self.facts["processes"]]
        if not started and server.name not in self.facts:
            return
        server.remove()
        for part in started:
            self.say(f"{part}: stopped")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one command at a time change the lab."""
        with (self.folder / "lock").open("w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LabError(f"another command is changing the lab in {self.folder}: wait for its end") from error
            if self._home is not None and self.is_up():
                self._home.reread()
            yield
