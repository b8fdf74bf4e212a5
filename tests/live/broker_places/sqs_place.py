# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A STAND-IN for Amazon SQS (moto's server), with boto3 as producer and worker."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from ..passing import Options, repeating
from ..sqs_help import SqsBroker
from .place import Place


class SqsPlace(Place):
    """A queue whose redrive policy gives a message up when it was received once."""

    kind = "sqs"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._broker = SqsBroker(request.getfixturevalue("sqs"))
        request.addfinalizer(self._broker.remove)
        self._done: list[int] = []

    @property
    def queue(self) -> Options:
        """See Place."""
        return self._broker.description()

    def put(self, count: int) -> None:
        """See Place."""
        self._broker.fill(count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return repeating(self._work)

    def _work(self) -> None:
        if self.mended:
            self._done += self._broker.work()
        else:
            self._broker.fail_at_some()

    def dead(self) -> int:
        """See Place."""
        return sum(self._broker.size(self._broker.dead))

    def parked(self, where: str) -> int:
        """See Place."""
        return sum(self._broker.size(where.partition("@")[0]))  # the account is its own

    def processed(self) -> list[int]:
        """See Place."""
        return list(self._done)
