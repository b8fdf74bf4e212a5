# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which places there are for the demo service."""

from __future__ import annotations

from .compose import Compose
from .kubernetes import Kubernetes
from .place import Place
from .processes import Processes
from .systemd import Systemd

PLACES: dict[str, type[Place]] = {kind.kind: kind for kind in (Processes, Compose, Systemd, Kubernetes)}
