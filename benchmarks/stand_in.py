"""A webhead of a line, that asks for the edge's certificate and shows its site's, as a real one does."""

import base64
import json
import ssl

from reconciler.core import pki
from reconciler.core.derive import MasterKey

MASTER = MasterKey(b"a stand-in's key, of 32 bytes and more")
TLS_PORT = 8443


def webhead_config(site: str, body: str, shown_as: str | None = None) -> str:
    """Caddy's configuration for it. `shown_as`: the site whose certificate it has, else its own."""
    pair = pki.site_pair(MASTER, shown_as or site, 1)
    trusted = ssl.PEM_cert_to_DER_cert(pki.authority(MASTER, pki.EDGE_CA))
    asks = {"mode": "require_and_verify", "ca": {"provider": "inline", "trusted_ca_certs": [_base64(trusted)]}}  # fmt: skip
    server = {
        "listen": [f":{TLS_PORT}"],
        "tls_connection_policies": [{"client_authentication": asks, "protocol_min": "tls1.3"}],
        "automatic_https": {"disable": True},
        "strict_sni_host": False,
        "routes": [{"handle": [{"handler": "static_response", "body": body}]}],
    }
    shown = {"certificate": pair.certificate, "key": pair.key.value}
    return json.dumps(
        {
            "admin": {"disabled": True},
            "apps": {
                "http": {"servers": {"web": server}},
                "tls": {"certificates": {"load_pem": [shown]}},
            },
        }
    )


def edge_files() -> dict[str, str]:
    """Path in the edge's container → what it needs there to speak with such webheads."""
    pair = pki.edge_pair(MASTER)
    return {
        "/run/secrets/edge-tls": pair.certificate + pair.key.value,
        "/etc/wpaas/site-ca": pki.authority(MASTER, pki.SITE_CA),
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
