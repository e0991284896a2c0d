"""Whether an image in the registry is one that we made: by a signature, where a key is set."""

from dataclasses import dataclass

from reconciler.core import signature
from reconciler.errors import StageFailed
from reconciler.shell.registry import Registry
from reconciler.shell.registry_artefacts import add_signature, signatures
from reconciler.shell.signing import Keys

UNSIGNED = "the one in the registry has no valid signature"


@dataclass(frozen=True, slots=True)
class Trust:
    """Without `keys`, whatever the registry has under our tag counts as ours."""

    registry: Registry
    keys: Keys | None = None

    @property
    def signs(self) -> bool:
        """Whether what is missing or not signed can be made and signed here."""
        return self.keys is None or self.keys.private is not None

    def accepts(self, repository: str, digest: str) -> bool:
        """Whether the image may be used. Raises StageFailed when the registry does not answer."""
        if self.keys is None:
            return True
        return any(
            signature.claims(payload, digest) and self.keys.verifies(payload, signed)
            for payload, signed in signatures(self.registry, repository, digest)
        )

    def sign(self, repository: str, digest: str) -> None:
        """Sign what we just made, where a key for it is set. Raises StageFailed."""
        if self.keys is None or self.keys.private is None:
            return
        payload = signature.payload(repository, digest)
        add_signature(self.registry, repository, digest, payload, self.keys.sign(payload))

    def require(self, repository: str, digest: str) -> None:
        """Raise StageFailed for an image that must not be used."""
        if not self.accepts(repository, digest):
            raise StageFailed(
                "image",
                f"{repository}@{digest} has no signature by the key of `verify_key`",
                where=f"registry {self.registry.address}",
                fix="who put it there? Name a `signing_key` that fits, and it is made anew and signed",
            )
