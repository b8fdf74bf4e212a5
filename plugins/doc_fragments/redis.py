# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach a Redis, a Valkey or their kin: one server, a cluster, or the primary that sentinels name."""

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
    description: Whether to speak TLS with the server; with the nodes of a cluster, too.
    type: bool
    default: false
  cluster:
    description:
      - Whether the server at O(login_host) is a node of a Redis Cluster. It is asked for the other nodes.
      - Excludes O(login_unix_socket), O(sentinels) and any O(db) but V(0).
    type: bool
    default: false
  sentinels:
    description:
      - Sentinels, each as C(host:port); without a port, 26379. They are asked for the primary, which takes the place of
        O(login_host) and O(login_port), with each new connection, so that a failover is survived.
      - Excludes O(login_unix_socket). Needs O(sentinel_service).
    type: list
    elements: str
  sentinel_service:
    description: The name that the sentinels know the primary and its replicas by, often C(mymaster).
    type: str
  sentinel_user:
    description: The ACL user at the sentinels. O(login_user) is the one at the primary.
    type: str
  sentinel_password:
    description:
      - The password at the sentinels. Give it this way, as O(sentinel_password_file) or as O(sentinel_password_env).
      - O(login_password) is not sent to them.
    type: str
  sentinel_password_file:
    description: A file, on the host where the module runs, that holds it; its last newline does not count.
    type: path
  sentinel_password_env:
    description: The name of an environment variable, on the host where the module runs, that holds it.
    type: str
  sentinel_tls:
    description: Whether to speak TLS with the sentinels. Without it, as O(tls) says.
    type: bool
  timeout:
    description: How many seconds to wait for a connection, and for an answer.
    type: float
    default: 5.0
requirements:
  - redis (Python library, 5.0 or later) on the host where the module runs
"""
