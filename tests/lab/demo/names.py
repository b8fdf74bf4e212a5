# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service's names in Redis, and its version."""

from __future__ import annotations

VERSION = "1.0.0"
QUEUE = "orders"
DEAD = "orders:dead"
PROCESSING = "orders:processing:"  # and the worker's name: the items it has taken and not finished
HEARTBEAT = "orders:worker:"  # and the worker's name: there while it is alive
INGRESS = "orders:ingress"  # open or closed; open when it is not there
BUG = "orders:bug"  # on or off; off when it is not there
COUNTERS = "orders:counters"  # hash: accepted, refused, processed, failed
