"""The shell script checks what the design says with the tools the design names, and fails by name."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.evidence import bundle, conformance, container
from ipr_service.evidence.container import Source
from tests.golden import generate

pytestmark = pytest.mark.needs("openssl", "unzip", "xxd")

SCRIPT = Path(bundle.__file__).parent / "files" / "verify.sh"
FINGERPRINT = "764564415cc5af5889b0b204835076f16b29770f1e610593d5ddb58296f55ca3"
TOOLS = ("unzip", "sh", "awk", "base64", "xxd", "sha256sum", "openssl")
GOLDEN = generate.GOLDEN.read_bytes()
MEMBERS = {name: bundle.read(io.BytesIO(GOLDEN)).read(name) for name in bundle.read(io.BytesIO(GOLDEN)).names}


@pytest.fixture(scope="module")
def only_the_tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose PATH holds the tools of the design and nothing else."""
    folder = tmp_path_factory.mktemp("tools")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"{tool} is not installed"
        (folder / tool).symlink_to(found)
    return {"PATH": str(folder), "TMPDIR": str(tmp_path_factory.mktemp("scratch"))}


def run(environment: dict[str, str], *arguments: str | Path, cwd: Path | None = None) -> tuple[int, str]:
    done = subprocess.run(["sh", SCRIPT, *arguments], env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    for left in Path(environment["TMPDIR"]).iterdir():
        assert left.stat().st_size == 0
        left.unlink()
    return done.returncode, done.stdout + done.stderr


def packed(folder: Path, name: str, data: bytes) -> Path:
    out = io.BytesIO()
    container.write(out, [Source.of(one, data if one == name else old) for one, old in MEMBERS.items()])
    path = folder / "changed.asice"
    path.write_bytes(out.getvalue())
    return path


def test_the_golden_bundle_verifies_with_nothing_but_the_named_tools(only_the_tools: dict[str, str]) -> None:
    code, said = run(only_the_tools, FINGERPRINT, generate.GOLDEN)
    assert code == 0, said
    assert "FAIL" not in said
    assert "ML-DSA-44 is not checked: this openssl is older than 3.5" in said or "and ML-DSA-44)" in said
    assert "test authority, not independent" in said


def test_an_unpacked_bundle_verifies_where_it_stands(only_the_tools: dict[str, str], tmp_path: Path) -> None:
    with zipfile.ZipFile(generate.GOLDEN) as archive:
        archive.extractall(tmp_path)
    assert run(only_the_tools, FINGERPRINT, cwd=tmp_path)[0] == 0
    (tmp_path / "files" / "0001.svg").write_bytes(b"other")
    code, said = run(only_the_tools, FINGERPRINT, cwd=tmp_path)
    assert code == 1
    assert "FAIL  file 1:" in said


def test_another_fingerprint_fails_by_name(only_the_tools: dict[str, str]) -> None:
    code, said = run(only_the_tools, FINGERPRINT[:-1] + "4", generate.GOLDEN)
    assert code == 1
    assert "Failed: log-key" in said


@pytest.mark.parametrize(
    "arguments", [(), ("abc",), (FINGERPRINT.upper(),), (FINGERPRINT, "/nowhere/at.all"), (FINGERPRINT, ".", "/no/roots")]
)
def test_wrong_arguments_exit_with_two(only_the_tools: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert run(only_the_tools, *arguments)[0] == 2


BLAMED = {
    "files/0001.svg": "FAIL  file 1:",
    "files/0002.txt": "FAIL  file 2:",
    "salt": "FAIL  entry:",
    "manifest.json": "FAIL  entry:",
    "openings.json": "FAIL  ",
    "entry": "FAIL  inclusion:",
    "checkpoint.body": "FAIL  checkpoint:",
    "proof.tlog-proof": "FAIL  ",
    "certificate.pdf": "FAIL  container:",
}


@pytest.mark.parametrize("name", BLAMED)
def test_after_a_changed_byte_the_script_fails_and_names_the_check(only_the_tools: dict[str, str], tmp_path: Path, name: str) -> None:
    data = MEMBERS[name]
    at = random.Random(name).randrange(len(data))
    code, said = run(only_the_tools, FINGERPRINT, packed(tmp_path, name, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]))
    assert code == 1
    assert BLAMED[name] in said


def test_a_changed_byte_in_the_zip_file_itself_fails(only_the_tools: dict[str, str], tmp_path: Path) -> None:
    changed = bytearray(GOLDEN)
    changed[GOLDEN.index(MEMBERS["salt"])] ^= 1
    (tmp_path / "changed.asice").write_bytes(changed)
    code, said = run(only_the_tools, FINGERPRINT, tmp_path / "changed.asice")
    assert code == 1
    assert "FAIL  container: a member is damaged" in said


def test_a_member_that_does_not_belong_fails(only_the_tools: dict[str, str], tmp_path: Path) -> None:
    out = io.BytesIO()
    members = {**dict(list(MEMBERS.items())[:3]), "files/0003.txt": b"stray", **MEMBERS}
    container.write(out, [Source.of(*member) for member in members.items()])
    (tmp_path / "stray.asice").write_bytes(out.getvalue())
    code, said = run(only_the_tools, FINGERPRINT, tmp_path / "stray.asice")
    assert code == 1
    assert "FAIL  files: there are files that were not registered" in said


def test_a_root_that_the_reader_gives_is_checked_at_the_time_of_the_token(only_the_tools: dict[str, str], tmp_path: Path) -> None:
    other, root = generate.authority("elsewhere.invalid", 31)
    token = generate.stamp(other, hashlib.sha256(MEMBERS["checkpoint.body"]).digest(), "1.3.6.1.4.1.99999.1")
    parts = dataclasses.replace(generate.parts(generate.given_in(GOLDEN)), tokens=(token,))
    path, roots, strangers = tmp_path / "stamped.asice", tmp_path / "roots.pem", tmp_path / "strangers.pem"
    path.write_bytes(bundle.write(parts, generate.container_token(parts, generate.authority()[0])))
    roots.write_bytes(root.public_bytes(Encoding.PEM))
    strangers.write_bytes(generate.ROOT.read_bytes())
    code, said = run(only_the_tools, FINGERPRINT, path, roots)
    assert code == 0, said
    assert "ok    token.1: leads to a root that you gave" in said
    assert said.endswith("intact: yes, trusted: yes, timed: yes\n")
    code, said = run(only_the_tools, FINGERPRINT, path)
    assert code == 0
    assert "the signature holds, but no root certificate was given" in said
    code, said = run(only_the_tools, FINGERPRINT, path, strangers)
    assert code == 0
    assert "token.1: it does not lead to a root that you gave" in said
    assert said.endswith("intact: yes, trusted: yes, timed: no\n")


def test_the_script_cleans_up_where_rm_exists(tmp_path: Path) -> None:
    assert run({"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}, FINGERPRINT, generate.GOLDEN)[0] == 0
    assert not list(tmp_path.iterdir())


def test_what_it_does_not_judge_of_renewals_and_revocation_stands_in_lines_of_their_own(
    only_the_tools: dict[str, str], tmp_path: Path
) -> None:
    vectors = conformance.shipped()
    _, said = run(only_the_tools, vectors / "plain.trust", vectors / "renewed.asice")
    assert "note  renewals: whether they carry the tokens on without a gap is not judged by this script" in said
    assert "revocation:" not in said
    with zipfile.ZipFile(vectors / "renewed.asice") as whole:
        whole.extractall(tmp_path)
    (tmp_path / "renewals" / "1-1.crl").write_bytes(b"x")
    _, said = run(only_the_tools, vectors / "plain.trust", tmp_path)
    assert "note  revocation: the stored lists and answers of the issuers are not read by this script" in said
    assert "note  renewals:" in said
