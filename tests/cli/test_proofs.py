"""Checking a proof bundle on another machine: no data folder, no database, no keys."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import run
from tests.consent.test_bundles import draw_up, make_person

from xinfeng.cli.proofs import FAULTS
from xinfeng.consent.bundle import checking
from xinfeng.foundation.signing import signer


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(FAULTS) == set(checking.FAULTS)
    for chinese, english in FAULTS.values():
        assert chinese != english
        assert chinese.format(where="x")
        assert english.format(where="x").isascii()


def test_a_bundle_is_checked_offline_and_nothing_is_made(db: None, tmp_path: Path) -> None:
    bundle = draw_up(tmp_path, make_person())
    nowhere = tmp_path / "no data"
    done = run("consent", "verify-bundle", str(bundle), data=nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert "完整" in done.stdout
    assert signer().fingerprint in done.stdout
    assert "--key" in done.stdout
    named = run("consent", "verify-bundle", str(bundle), "--key", signer().fingerprint, data=nowhere)
    assert named.returncode == 0
    assert "--key" not in named.stdout
    assert not nowhere.exists()


def test_a_changed_bundle_is_refused_in_words(db: None, tmp_path: Path) -> None:
    bundle = draw_up(tmp_path, make_person())
    raw = bytearray(bundle.read_bytes())
    raw[len(raw) // 2] ^= 1
    bundle.write_bytes(raw)
    done = run("consent", "verify-bundle", str(bundle), data=tmp_path / "d")
    assert done.returncode == 1
    assert "证据包不完整" in done.stdout
    assert "proves nothing" in done.stdout
    missing = run("consent", "verify-bundle", str(tmp_path / "none.zip"), data=tmp_path / "d")
    assert missing.returncode == 1
    assert "没有证据包" in missing.stdout and "Nothing was checked" in missing.stdout
    other = run("consent", "verify-bundle", str(bundle), "--key", "0123", data=tmp_path / "d")
    assert "不是您指定的那一把" in other.stdout
