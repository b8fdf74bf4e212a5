# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP server that answers as a test says.

For metrics pages it is the real thing. For Prometheus, Alertmanager and search clusters it stands in for servers that
are broken, old or behind a proxy, which the real ones cannot be made to be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.day2.ops.tests.lab.http_parts import JsonHandler, QuietServer, serving
from ansible_collections.day2.ops.tests.lab.ports import HOST


@dataclass(frozen=True)
class Asked:
    """A request: ``fields`` are those of the query and of a form together, ``body`` is as it was sent."""

    method: str
    path: str
    fields: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    body: bytes
    status: int = 200
    kind: str = "text/plain; version=0.0.4"
    headers: dict[str, str] = field(default_factory=dict)


Reply = Callable[[Asked], Answer]


def as_json(body: Any, status: int = 200) -> Answer:
    """Return an answer of JSON."""
    return Answer(json.dumps(body).encode(), status, "application/json")


def pages(*texts: str, kind: str = "text/plain; version=0.0.4") -> Reply:
    """Return what answers with one text after the other, and with the last from then on."""
    left = list(texts)
    return lambda _asked: Answer((left.pop(0) if len(left) > 1 else left[0]).encode(), kind=kind)


def always(answer: Answer) -> Reply:
    """Return what gives the same answer to all."""
    return lambda _asked: answer


@contextmanager
def answering(reply: Reply) -> Iterator[str]:
    """Serve on a free port while the block runs; its address."""

    class Handler(JsonHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_DELETE(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            body = self.body()
            self.reply(parse_qs(body.decode()), body)

        def do_PUT(self) -> None:
            self.reply({}, self.body())

        def do_PATCH(self) -> None:
            self.reply({}, self.body())

        def reply(self, form: dict[str, list[str]], body: bytes = b"") -> None:
            parts = urlsplit(self.path)
            fields = {**parse_qs(parts.query), **form}
            answer = reply(Asked(self.command, parts.path, fields, dict(self.headers.items()), body))
            self.answer_bytes(answer.status, answer.body, answer.kind, **answer.headers)

    with serving(QuietServer(0, Handler)) as port:
        yield f"http://{HOST}:{port}"
