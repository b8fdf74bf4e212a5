# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places by kind."""

from __future__ import annotations

from .arq_place import ArqPlace
from .asynq_place import AsynqPlace
from .bullmq_place import BullmqPlace
from .directory_place import DirectoryPlace
from .http_place import HttpPlace
from .place import Place
from .python_places import CeleryPlace, RqPlace
from .rabbitmq_place import RabbitmqPlace
from .redis_places import ListPlace, SortedSetPlace, StreamPlace
from .sidekiq_place import SidekiqPlace
from .sql_place import SqlPlace
from .sqs_place import SqsPlace

# Each is made for a test, from its fixtures.
PLACES: dict[str, type[Place]] = {
    place.kind: place
    for place in (
        ListPlace,
        StreamPlace,
        SortedSetPlace,
        AsynqPlace,
        ArqPlace,
        RqPlace,
        CeleryPlace,
        SidekiqPlace,
        BullmqPlace,
        RabbitmqPlace,
        SqsPlace,
        HttpPlace,
        SqlPlace,
        DirectoryPlace,
    )
}
