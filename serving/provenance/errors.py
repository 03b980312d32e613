"""What can go wrong with keys and signatures."""

from serving.errors import ServingError


class KeysUnsafe(ServingError):
    """A private key is missing from the key folder, or others than its owner may read it."""


class SigningFailed(ServingError):
    """A file could not be signed; nothing was written."""
