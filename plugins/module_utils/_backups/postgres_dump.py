# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``pg_backup`` does: a database of PostgreSQL as pg_dump writes it, with the rows that it held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core import postgres_connection
from .._core.argspec import ArgSpec
from .._core.result import Result
from . import postgres_dump_command, postgres_tools
from .creating import back_up, check_options
from .options import MAKING
from .postgres_dump_command import wish_of
from .postgres_dump_source import source_of
from .postgres_tools import default_name

SPEC = (
    postgres_connection.SPEC
    + postgres_tools.SPEC
    + postgres_dump_command.SPEC
    + ArgSpec(options={"globals": {"type": "bool", "default": True}, "counts": {"type": "bool", "default": True}})
    + MAKING
)


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is asked of the server. :raises OpsError: nothing was made.
    """
    wish = wish_of(params)
    check_options("postgres", params, default_name(params))
    return back_up(source_of(params, wish), params, check_mode, default_name(params))
