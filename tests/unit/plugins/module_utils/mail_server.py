# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of mail for one letter, by RFC 5321 as far as a client needs: no TLS, any login."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any


class MailServer:
    """Answers "250 well" but for the verbs in ``answers``; ``said`` has each line that a client said."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.said: list[str] = []
        self._answers = {"QUIT": "221 bye", **answers}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._running = threading.Thread(target=self._serve)
        self._running.start()

    @property
    def verbs(self) -> list[str]:
        """Return what a client asked for, in order."""
        return [_verb(line) for line in self.said]

    def _serve(self) -> None:
        connection, _peer = self._listening.accept()
        with connection, connection.makefile("rw", newline="\r\n") as stream:
            _answer(stream, "220 here")
            for line in stream:
                self.said.append(line.rstrip())
                if _verb(line) == "DATA":
                    _answer(stream, "354 go on")
                    self.said.extend(iter(lambda: stream.readline().rstrip("\r\n"), "."))
                _answer(stream, self._answers.get(_verb(line), "250 well"))
                if _verb(line) == "QUIT":
                    return

    def close(self) -> None:
        """Wait for the client to have gone."""
        self._listening.close()
        self._running.join(10)


def _verb(line: str) -> str:
    return line[:4].upper().strip()


def _answer(stream: Any, text: str) -> None:
    stream.write(f"{text}\r\n")
    stream.flush()
