# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error the lab raises on purpose."""

from __future__ import annotations


class LabError(Exception):
    """One clear line: what failed, on what, and what to do about it."""


class PortTakenError(LabError):
    """Another program took a port between its choice and its use: choose again."""
