# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""All channels at once, each bounded: how long a message takes does not depend on how many channels hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.deadline import Deadline
from .._core.errors import OpsError
from .channel import Channel, Sent
from .message import Message

_GRACE = 0.3  # seconds in which a channel may tell by itself that its time is over


@dataclass
class Outcome:
    """How it went by a channel. ``reason``: why it was not told; ``sent`` is None where it had nothing to say."""

    name: str
    sent: Sent | None = None
    reason: str = ""


def send_all(channels: Sequence[Channel], message: Message, kept: Mapping[str, Any], seconds: float) -> list[Outcome]:
    """Tell all channels; return how it went by each, in their order. Takes ``seconds`` and no more.

    :param kept: what an earlier message left, by the channels' names.
    """
    deadline = Deadline(seconds)
    running = [_Sending(channel, message, kept.get(channel.name) or {}, deadline) for channel in channels]
    for one in running:
        one.start()
    for one in running:
        one.join(max(0.0, deadline.ends + _GRACE - time.monotonic()))
    return [one.outcome() for one in running]


class _Sending(threading.Thread):
    """One channel being told. A thread that hangs, in a look-up of a name for instance, does not keep its process."""

    def __init__(self, channel: Channel, message: Message, kept: Mapping[str, Any], deadline: Deadline) -> None:
        super().__init__(daemon=True)
        self._channel = channel
        self._arguments = (message, kept, deadline)
        self._seconds = deadline.seconds
        self._ended: Outcome | None = None

    def run(self) -> None:
        """Tell the channel."""
        name = self._channel.name
        try:
            self._ended = Outcome(name, self._channel.send(*self._arguments))
        except OpsError as error:
            self._ended = Outcome(name, reason=str(error))
        except Exception as error:  # its text may hold an address
            self._ended = Outcome(name, reason=f"unexpected {type(error).__name__}; please report it")

    def outcome(self) -> Outcome:
        """Return how it went, as far as is known by now."""
        return self._ended or Outcome(self._channel.name, reason=f"no answer within {self._seconds:g} s")
