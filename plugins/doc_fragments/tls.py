# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How the other side of a TLS connection is verified."""

    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether the server's certificate, and that it is for the host that was named, is verified.
      - Without it anybody between here and there can read and change everything.
    type: bool
    default: true
  ca_certs:
    description: A file with the certificates of the authorities to trust, in PEM format, instead of the system's.
    type: path
  client_cert:
    description: A file with the certificate to present to the server, in PEM format.
    type: path
  client_key:
    description: The file with the key of O(client_cert), in PEM format.
    type: path
"""
