# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Types of options that Ansible lacks: functions that convert or refuse, fit to be the ``type`` of an option."""

from __future__ import annotations

import ipaddress
import re


def regular_expression(value: object) -> str:
    """Return ``value`` as the text of a regular expression.

    :raises ValueError: it is none.
    """
    try:
        re.compile(str(value))
    except re.error as error:
        raise ValueError(str(error)) from error
    return str(value)


def port_number(value: object) -> int:
    """Return ``value`` as a TCP port.

    :raises ValueError: it is none.
    """
    if isinstance(value, (int, str)) and not isinstance(value, bool) and str(value).isdigit():
        number = int(value)
        if 0 < number < 65536:
            return number
    raise ValueError("expected a number from 1 to 65535")


def ip_address(value: object) -> str:
    """Return ``value`` as an IP address in its usual form.

    :raises ValueError: it is none.
    """
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError as error:
        raise ValueError("expected an IP address") from error
