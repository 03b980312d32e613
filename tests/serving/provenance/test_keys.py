import os
import stat
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from serving.home import Home
from serving.provenance import Keys, export_trust_root
from serving.provenance.errors import KeysUnsafe
from serving.provenance.keys import PRIVATE


def opened(root):
    keys = Keys.open(Home(root))
    return keys.watermark_key, keys.root, keys.signing_key


def test_private_files_are_for_the_owner_alone(tmp_path):
    previous = os.umask(0)
    try:
        Keys.open(Home(tmp_path))
    finally:
        os.umask(previous)
    folder = Home(tmp_path).keys
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in PRIVATE} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_processes_that_start_at_once_share_one_set_of_keys(tmp_path):
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        results = set(pool.map(opened, [tmp_path] * 8))
    assert len(results) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_keys_that_others_may_read_are_refused_with_the_remedy(tmp_path):
    Keys.open(Home(tmp_path))
    (tmp_path / "keys" / "leaf.key").chmod(0o644)
    with pytest.raises(KeysUnsafe, match=r"chmod 600 .*leaf\.key"):
        Keys.open(Home(tmp_path))


def test_a_lost_key_is_named_and_not_replaced(tmp_path):
    Keys.open(Home(tmp_path))
    (tmp_path / "keys" / "watermark.key").unlink()
    with pytest.raises(KeysUnsafe, match=r"watermark\.key is missing"):
        Keys.open(Home(tmp_path))


def test_the_exported_root_verifies_the_signing_certificate(tmp_path):
    export_trust_root(Home(tmp_path), tmp_path / "root.pem")
    root = x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())
    leaf = x509.load_pem_x509_certificates(Keys.open(Home(tmp_path)).chain)[0]
    leaf.verify_directly_issued_by(root)
    assert b"PRIVATE" not in (tmp_path / "root.pem").read_bytes()
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [item.dotted_string for item in usage] == ["1.3.6.1.5.5.7.3.4"]
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)


def test_installations_have_different_keys(tmp_path):
    assert Keys.open(Home(tmp_path / "a")).watermark_key != Keys.open(Home(tmp_path / "b")).watermark_key


def test_keys_do_not_show_themselves(tmp_path):
    keys = Keys.open(Home(tmp_path))
    assert keys.watermark_key.hex() not in repr(keys)
    assert "PRIVATE" not in repr(keys)


def test_a_fingerprint_tells_installations_apart(tmp_path):
    one, other = (Keys.open(Home(tmp_path / name)) for name in ("one", "other"))
    assert one.fingerprint == Keys.open(Home(tmp_path / "one")).fingerprint
    assert one.fingerprint != other.fingerprint
    with_another_mark = replace(one, watermark_key=other.watermark_key)
    assert with_another_mark.fingerprint not in {one.fingerprint, other.fingerprint}
