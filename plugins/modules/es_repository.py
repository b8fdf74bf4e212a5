#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: es_repository
short_description: Register a snapshot repository of Elasticsearch or OpenSearch, proven by the cluster
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Registers a repository for snapshots, changes it when its type or its settings differ, or unregisters it.
  - The cluster then verifies it, each node that holds data or can be elected. When that fails, a repository that was
    new is unregistered again, and one that was changed gets its earlier settings back; the message says which node
    said what, and what to do about it.
  - A refusal because of C(path.repo), C(repositories.url.allowed_urls), a plugin that is missing, keys, or a folder
    that may not be written to is explained with the setting to change and the nodes to change it on.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.search
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Verifies a repository that is as it should be. What would be registered or changed cannot be verified.
  diff_mode:
    support: full
    details: Shows type and settings before and after.
  idempotent:
    support: full
options:
  name:
    description: The name of the repository.
    type: str
    required: true
  type:
    description:
      - Where it keeps snapshots. V(fs) is a folder that all nodes share, V(url) one that is only read.
      - V(s3), V(gcs) and V(azure) need the plugin C(repository-s3), C(repository-gcs) or C(repository-azure) on each
        node. Elasticsearch 8 and later has them by itself.
      - Required unless O(state=absent).
    type: str
    choices: [fs, s3, gcs, azure, url]
  settings:
    description:
      - The settings of the repository, all of them, as they replace those that it has. One that is null does not count.
      - V(fs) needs C(location), V(s3) and V(gcs) C(bucket), V(url) C(url); V(azure) has a C(container) by default. Most
        types take C(base_path), C(client), C(compress), C(chunk_size), C(readonly), C(max_snapshot_bytes_per_sec) and
        C(max_restore_bytes_per_sec); see the server's own documentation.
      - Sizes are compared by what they mean, so that V(512mb) and V(536870912b) are the same.
      - Keys, tokens and accounts are refused, as everybody who may look at the repository reads its settings. They
        belong in the keystore of each node, as C(s3.client.default.access_key).
    type: dict
    default: {}
  state:
    description:
      - V(present) has it registered as described.
      - V(absent) has it unregistered. Its files, and the snapshots in them, stay where they are.
    type: str
    choices: [present, absent]
    default: present
  verify:
    description: Whether the cluster verifies it, also when nothing has changed.
    type: bool
    default: true
notes:
  - The login needs the cluster privilege C(manage), or C(cluster:admin/repository/*) and C(cluster:monitor/main). With
    C(cluster:monitor/nodes/info) messages tell the nodes by name.
  - Verifying writes some small files below the place of the repository, and removes them. With C(readonly) nothing is
    written, and the verification proves less.
  - A verification takes as long as the slowest node; O(timeout) bounds it.
seealso:
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: Register a folder that all nodes share
  day2.ops.es_repository:
    url: ["https://search1.example.com:9200", "https://search2.example.com:9200"]
    login_user: backup
    login_password_file: /etc/day2/search.password
    ca_certs: /etc/day2/ca.pem
    name: backup
    type: fs
    settings:
      location: /srv/snapshots
      compress: true
      max_snapshot_bytes_per_sec: 100mb

- name: Register a bucket, for which the nodes have a role or keys in their keystores
  day2.ops.es_repository:
    url: ["https://search1.example.com:9200"]
    api_key_file: /etc/day2/search.key
    name: offsite
    type: s3
    settings:
      bucket: example-snapshots
      base_path: search

- name: Register a bucket with a domain of Amazon OpenSearch Service
  day2.ops.es_repository:
    url: ["https://search-example-abc123.eu-central-1.es.amazonaws.com"]
    aws:
      region: eu-central-1
    name: offsite
    type: s3
    settings:
      bucket: example-snapshots
      region: eu-central-1
      role_arn: arn:aws:iam::123456789012:role/snapshots

- name: Unregister a repository, and leave its files
  day2.ops.es_repository:
    url: ["http://127.0.0.1:9200"]
    name: old
    state: absent
"""

RETURN = r"""
name:
  description: The name of the repository.
  returned: success
  type: str
  sample: backup
state:
  description: Whether it is registered; in check mode, whether it would be.
  returned: success
  type: str
  sample: present
type:
  description: Its type; null when it is not registered.
  returned: success
  type: str
  sample: fs
settings:
  description: Its settings, by their whole names, as the server keeps them; what is a secret by its name is masked.
  returned: success
  type: dict
  sample: {"location": "/srv/snapshots", "compress": "true"}
nodes:
  description: The names of the nodes that have verified it; null when it was not verified.
  returned: success
  type: list
  elements: str
  sample: [search1, search2]
failed_nodes:
  description:
    - What each node said that could not use the repository, with C(node) and C(said); empty when the elected node
      failed before it asked the others.
  returned: when the verification has failed
  type: list
  elements: dict
  sample: [{"node": "search2", "said": "RepositoryMissingException[[backup] missing]"}]
cluster:
  description: What runs there, with C(distribution), C(version) and the name of the C(cluster).
  returned: success
  type: dict
  sample: {"distribution": "opensearch", "version": "2.19.1", "cluster": "search"}
missing_libraries:
  description: Python packages without which the cluster cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["requests"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._search.repository import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
