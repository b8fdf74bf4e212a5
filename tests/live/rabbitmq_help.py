# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A queue in the lab's RabbitMQ, worked on by pika's own clients; measured and redriven by ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.brokers.rabbitmq import broker
from ansible_collections.day2.ops.tests.lab.state import RabbitMqFacts


class RabbitBroker:
    """A queue of the test's own, with its queue of dead letters."""

    def __init__(self, facts: RabbitMqFacts, queue: str) -> None:
        self.facts = facts
        self.queue = queue
        self.dead = f"{queue}.dead"
        self._environment = {
            **os.environ,
            "AMQP_HOST": facts["host"],
            "AMQP_PORT": str(facts["amqp_port"]),
            "AMQP_USER": facts["user"],
            "AMQP_PASSWORD": facts["password"],
        }

    def do(self, command: str, *arguments: object) -> None:
        """Run a command of broker.py on the queue to its end."""
        broker.do(self._environment, command, self.queue, *map(str, arguments))

    @contextmanager
    def holding(self, count: int) -> Iterator[None]:
        """Have a worker at work on so many messages."""
        argv = self._argv("hold", count)
        with subprocess.Popen(
            argv, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "holding\n"
            yield
            worker.communicate()

    @contextmanager
    def _at_work(self, command: str, *arguments: object) -> Iterator[None]:
        with subprocess.Popen(self._argv(command, *arguments), env=self._environment) as worker:
            try:
                yield
            finally:
                worker.terminate()

    def failing(self, count: int) -> AbstractContextManager[None]:
        """Have a worker at work that fails at so many messages."""
        return self._at_work("fail", count)

    def working(self, file: Path) -> AbstractContextManager[None]:
        """Have a worker at work that succeeds, and notes in the file what it has done."""
        return self._at_work("serve", file)

    def size(self, queue: str) -> int:
        """Return how many messages of a queue are ready, as of now."""
        with broker.connect(self._environment) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)

    def _argv(self, command: str, *arguments: object) -> list[str]:
        return [sys.executable, str(broker.__file__), command, self.queue, *map(str, arguments)]

    def description(self, **options: Any) -> dict[str, Any]:
        """Return the queue as a user describes it; options win, None takes one away."""
        given = {
            "name": self.queue,
            "kind": "rabbitmq",
            "dead": self.dead,
            "login_host": self.facts["host"],
            "login_port": self.facts["management_port"],
            "amqp_port": self.facts["amqp_port"],
            "login_user": self.facts["user"],
            "login_password": self.facts["password"],
            **options,
        }
        return {name: value for name, value in given.items() if value is not None}


def done_by(file: Path) -> list[str]:
    """Return the ids that the worker wrote, in order."""
    return [line.split()[0] for line in file.read_text(encoding="ascii").splitlines()] if file.exists() else []
