"""What a signature of an image says: cosign's "simple signing" payload.

Source: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md.
"""

import json

from reconciler.core.base_image import canonical

PAYLOAD_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
CLAIM = "cosign container image signature"
MAX_PAYLOAD_BYTES = 64 * 1024


def payload(repository: str, digest: str) -> bytes:
    """Return the bytes to sign for the image of this digest."""
    critical = {
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": digest},
        "type": CLAIM,
    }
    return canonical({"critical": critical, "optional": None})


def claims(data: bytes, digest: str) -> bool:
    """Whether a payload is about the image of this very digest."""
    try:
        critical = json.loads(data)["critical"]
        about, kind = critical["image"]["docker-manifest-digest"], critical["type"]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(about == digest and kind == CLAIM)


def tag_of(digest: str) -> str:
    """Return the tag where cosign looks for the signatures of an image."""
    return digest.replace(":", "-") + ".sig"
