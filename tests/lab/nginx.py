# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An nginx with all that it writes in a folder of the lab, run by hand: whatever it is told to serve or to pass on."""

from __future__ import annotations

import base64
import hashlib
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from . import process
from .errors import LabError
from .home import Home
from .state import ProcessFacts
from .waiting import wait_for

PROGRAM = "nginx"
_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin")  # which are not on everybody's PATH
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_CONFIG = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
access_log off;
server_tokens off;
{temporary}
{http}
}}
"""


def program() -> str:
    """Return the path of nginx; empty when this machine has none."""
    return shutil.which(PROGRAM) or shutil.which(PROGRAM, path=":".join(_PLACES)) or ""


def missing() -> str:
    """Return why there is no nginx here, or an empty text."""
    return "" if program() else f"no {PROGRAM} on PATH (Debian: {PROGRAM})"


class Nginx:
    """One nginx of a lab, by the name of its process."""

    def __init__(self, home: Home, name: str) -> None:
        self.home = home
        self.name = name

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.home.server_folder(self.name)

    def with_certificate(self, name: str = "server") -> str:
        """Return the lines that have a server use that certificate of the lab."""
        for part in (f"{name}.pem", f"{name}.key"):
            self.home.server_file(self.folder / part, (self.home.folder / part).read_text(encoding="utf-8"))
        return f"ssl_certificate {self.folder}/{name}.pem; ssl_certificate_key {self.folder}/{name}.key;"

    def with_users(self, passwords: Mapping[str, str], name: str = "users") -> str:
        """Return the line that lets only these users in."""
        lines = [f"{user}:{_salted(password)}\n" for user, password in passwords.items()]
        path = self.home.server_file(self.folder / name, "".join(lines))
        return f"auth_basic_user_file {path};"

    def start(self, http: str) -> ProcessFacts:
        """Start it, unless it runs. http: what stands in the block of that name.

        Whether it listens is for the caller to see, who knows its ports.
        """
        self._write(http)
        return self.home.launch(self.name, self.argv(), unprivileged=True)

    def reload(self, http: str) -> None:
        """Have it take another configuration, and return once only that is in force.

        Raises LabError, and goes on as before, for one that it does not accept.
        """
        config = self.folder / "nginx.conf"
        before = config.read_text(encoding="utf-8")
        self._write(http)
        tried = subprocess.run([*self.argv(), "-t", "-q"], capture_output=True, text=True, check=False)
        if tried.returncode:
            self.home.server_file(config, before)
            raise LabError(f"{self.name} does not accept its configuration: {tried.stderr.strip()}")
        server = self.home.process(self.name)
        old = set(process.family(server)[1:])
        process.tell(server, signal.SIGHUP)

        def renewed() -> bool:
            now = set(process.family(server)[1:])
            return bool(now) and not now & old

        wait_for(f"the new configuration of {self.name}", renewed)

    def argv(self) -> list[str]:
        """Return its command line, to which -t or -s may be added."""
        return [program(), "-p", str(self.folder), "-e", "stderr", "-c", str(self.folder / "nginx.conf")]

    def _write(self, http: str) -> None:
        temporary = "\n".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in _TEMPORARY)
        text = _CONFIG.format(folder=self.folder, temporary=temporary, http=http)
        self.home.server_file(self.folder / "nginx.conf", text)


def _salted(password: str) -> str:
    """Return a password as nginx's file of users has it: RFC 2307's salted SHA-1, which needs no program to make."""
    salt = secrets.token_bytes(8)
    digest = hashlib.sha1(password.encode() + salt, usedforsecurity=False).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode("ascii")
