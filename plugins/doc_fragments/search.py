# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach a cluster of Elasticsearch or OpenSearch."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - The addresses of nodes, seen from the host where the module runs, as V(https://search1.example.com:9200).
      - What only reads goes to the next when one does not answer. What changes something is asked of one alone.
    type: list
    elements: str
    required: true
  login_user:
    description: The user, for basic authentication.
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
  api_key:
    description:
      - An API key, as C(id:key) or in the encoded form that the server gives besides. Give it this way, as
        O(api_key_file) or as O(api_key_env).
    type: str
  api_key_file:
    description: A file, on the host where the module runs, that holds the API key; its last newline does not count.
    type: path
  api_key_env:
    description: The name of an environment variable, on the host where the module runs, that holds the API key.
    type: str
  aws:
    description: Signs each request for Amazon OpenSearch Service (Signature Version 4), which needs boto3.
    type: dict
    suboptions:
      region:
        description: The region of the domain.
        type: str
        required: true
      service:
        description: V(es) for a domain, V(aoss) for a serverless collection.
        type: str
        choices: [es, aoss]
        default: es
      profile:
        description: A profile of the host's AWS configuration.
        type: str
      access_key:
        description: The access key. Without it, boto3 looks in the usual places, the role of the host among them.
        type: str
      secret_key:
        description: The secret key. Give it this way, as C(secret_key_file) or as C(secret_key_env).
        type: str
      secret_key_file:
        description: A file, on the host where the module runs, that holds the secret key.
        type: path
      secret_key_env:
        description: The name of an environment variable that holds the secret key.
        type: str
      session_token:
        description: The token of temporary keys. Give it this way, as C(session_token_file) or as C(session_token_env).
        type: str
      session_token_file:
        description: A file, on the host where the module runs, that holds the token.
        type: path
      session_token_env:
        description: The name of an environment variable that holds the token.
        type: str
  use_proxy:
    description: Whether to go by way of the proxy that the environment of the host names.
    type: bool
    default: true
  timeout:
    description: How many seconds to wait for an answer.
    type: float
    default: 30.0
requirements:
  - requests (Python library) on the host where the module runs
  - boto3 (Python library) there, with O(aws)
notes:
  - Elasticsearch 7, 8 and 9 and OpenSearch 1, 2 and 3 are told apart by what they answer.
"""
