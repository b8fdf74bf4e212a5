# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a PostgreSQL server is reached."""

    DOCUMENTATION = r"""
options:
  login_host:
    description: The server.
    type: str
    default: 127.0.0.1
  login_port:
    description: Its port.
    type: int
    default: 5432
  login_unix_socket:
    description: The folder of the server's socket, instead of host and port.
    type: path
  login_user:
    description: The role.
    type: str
    default: postgres
  login_db:
    description: The database.
    type: str
    default: postgres
  login_password:
    description: The password.
    type: str
  login_password_file:
    description: A file on the host that holds it.
    type: path
  login_password_env:
    description: An environment variable of the host that holds it.
    type: str
  ssl_mode:
    description: Whether TLS is used, as libpq has it. Without it V(verify-full), unless the server is on this host.
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_certs:
    description: A file with the authorities that are trusted.
    type: path
  client_cert:
    description: A file with the client's certificate.
    type: path
  client_key:
    description: A file with its key.
    type: path
  timeout:
    description: Seconds that connecting and each statement may take.
    type: float
    default: 5.0
"""
