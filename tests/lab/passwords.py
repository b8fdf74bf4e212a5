# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords, random for each lab."""

from __future__ import annotations

import secrets


def new_password() -> str:
    """Return a password that needs no quoting anywhere."""
    return secrets.token_hex(16)
