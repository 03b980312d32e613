"""Where a file comes from, provably: keys of the installation, C2PA signatures, verification."""

from serving.provenance.keys import Keys, export_trust_root
from serving.provenance.signing import Facts, require_parent, sign
from serving.provenance.verification import Verdict, verify

__all__ = ["Facts", "Keys", "Verdict", "export_trust_root", "require_parent", "sign", "verify"]
