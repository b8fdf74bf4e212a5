# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Who asks a server over HTTP, and which way."""

    DOCUMENTATION = r"""
options:
  headers:
    description: Headers to send besides, names and values.
    type: dict
    default: {}
  url_username:
    description: The user, for basic authentication.
    type: str
  url_password:
    description: The password. Give it this way, as O(url_password_file) or as O(url_password_env).
    type: str
  url_password_file:
    description: A file, on the host where the module runs, that holds the password; its last newline does not count.
    type: path
  url_password_env:
    description: The name of an environment variable, on the host where the module runs, that holds the password.
    type: str
  token:
    description:
      - A bearer token, instead of a user and a password. Give it this way, as O(token_file) or as O(token_env).
    type: str
  token_file:
    description: A file, on the host where the module runs, that holds the token; its last newline does not count.
    type: path
  token_env:
    description: The name of an environment variable, on the host where the module runs, that holds the token.
    type: str
  use_proxy:
    description: Whether to go by way of the proxy that the environment of the host names.
    type: bool
    default: true
requirements:
  - requests (Python library) on the host where the module runs
"""
