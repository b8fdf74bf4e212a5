# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach a Redis, a Valkey or their kin."""

    DOCUMENTATION = r"""
options:
  login_host:
    description: The host that the server runs on, seen from the host where the module runs.
    type: str
    default: 127.0.0.1
  login_port:
    description: The port of the server.
    type: int
    default: 6379
  login_unix_socket:
    description: A Unix socket of the server; it takes the place of O(login_host) and O(login_port).
    type: path
  login_user:
    description: The ACL user. Without it, the server's default user.
    type: str
  login_password:
    description: The password. Give it this way, as O(login_password_file) or as O(login_password_env).
    type: str
  login_password_file:
    description: A file, on the host where the module runs, that holds the password; its last newline does not count.
    type: path
  login_password_env:
    description: The name of an environment variable, on the host where the module runs, that holds the password.
    type: str
  db:
    description: The number of the database.
    type: int
    default: 0
  tls:
    description: Whether to speak TLS.
    type: bool
    default: false
  timeout:
    description: How many seconds to wait for a connection, and for an answer.
    type: float
    default: 5.0
requirements:
  - redis (Python library, 5.0 or later) on the host where the module runs
"""
