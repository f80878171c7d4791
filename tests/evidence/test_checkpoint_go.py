"""A third party's tool reads what we write: Go's golang.org/x/mod/sumdb note and tlog, from Debian's package, offline."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.keys import CosignatureSigner, Vkey
from ipr_service.evidence.note import NoteSignature, SignedNote
from ipr_service.evidence.proof import TlogProof
from tests.support import vectors

PROGRAM = r"""
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func hash(text string) tlog.Hash {
	h, err := tlog.ParseHash(text)
	check(err)
	return h
}

// For each directory: note (signed checkpoint), vkey, entry, index, proof (one hash a line).
func main() {
	for _, dir := range os.Args[1:] {
		read := func(name string) string {
			data, err := os.ReadFile(dir + "/" + name)
			check(err)
			return string(data)
		}
		verifier, err := note.NewVerifier(read("vkey"))
		check(err)
		opened, err := note.Open([]byte(read("note")), note.VerifierList(verifier))
		check(err)
		lines := strings.Split(opened.Text, "\n")
		size, err := strconv.ParseInt(lines[1], 10, 64)
		check(err)
		index, err := strconv.ParseInt(read("index"), 10, 64)
		check(err)
		var path tlog.RecordProof
		for _, line := range strings.Fields(read("proof")) {
			path = append(path, hash(line))
		}
		check(tlog.CheckRecord(path, size, hash(lines[2]), index, tlog.RecordHash([]byte(read("entry")))))
		// old: size, root and one hash a line of a consistency proof from an older state
		if old, err := os.ReadFile(dir + "/old"); err == nil {
			words := strings.Fields(string(old))
			from, err := strconv.ParseInt(words[0], 10, 64)
			check(err)
			var growth tlog.TreeProof
			for _, word := range words[2:] {
				growth = append(growth, hash(word))
			}
			check(tlog.CheckTree(growth, size, hash(lines[2]), from, hash(words[1])))
			fmt.Println("grew from", from)
		}
		fmt.Println("read", lines[0], size, index, len(opened.Sigs), len(opened.UnverifiedSigs))
	}
}
"""


def lay_out(directory: Path, proof: TlogProof, entry: bytes, vkey: Vkey) -> str:
    directory.mkdir()
    (directory / "note").write_bytes(proof.checkpoint_note)
    (directory / "vkey").write_text(vkey.to_text())
    (directory / "entry").write_bytes(entry)
    (directory / "index").write_text(str(proof.index))
    (directory / "proof").write_text("\n".join(to_base64(h) for h in proof.hashes))
    return str(directory)


def made_here(size: int, index: int) -> tuple[TlogProof, bytes, Vkey]:
    keys = LogKeys.from_seeds("log.example", bytes(32), b"\1" * 32)
    entries = [b"entry %d\n" % n for n in range(size)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    path = merkle.inclusion_proof(index, size, lambda level, at: merkle.root(leaves[at << level : (at + 1) << level]))
    signed = sign_checkpoint(Checkpoint("log.example", size, merkle.root(leaves)), keys)
    return TlogProof(index, path, signed), entries[index], keys.ed25519.vkey


def grown(directory: str, old_size: int, size: int, other: bool = False) -> str:
    """Lay the proof beside it that the log of ``size`` entries grew from its first ``old_size``."""
    leaves = [merkle.leaf_hash(b"entry %d\n" % n) for n in range(size)]
    reader = lambda level, at: merkle.root(leaves[at << level : (at + 1) << level])  # noqa: E731 - the shape of a SubtreeReader
    old = merkle.root(leaves[:old_size] if not other else leaves[1 : old_size + 1])
    hashes = merkle.consistency_proof(old_size, size, reader)
    (Path(directory) / "old").write_text("\n".join((str(old_size), to_base64(old), *map(to_base64, hashes))))
    return directory


def cosigned(made: tuple[TlogProof, bytes, Vkey]) -> tuple[TlogProof, bytes, Vkey]:
    """The same proof under the same checkpoint after a witness cosigned it."""
    proof, entry, vkey = made
    note = SignedNote.from_bytes(proof.checkpoint_note)
    witness = CosignatureSigner("witness.example/w1", b"\2" * 32, 1_700_000_000)
    line = NoteSignature(witness.name, witness.vkey.id, witness.signature(note.text))
    return replace(proof, checkpoint_note=note.with_lines([line]).to_bytes()), entry, vkey


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program above, built once."""
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(PROGRAM)
    environment = {**os.environ, "GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", "reader", "main.go"], cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "reader"


@pytest.mark.needs("Go")
def test_go_reads_cosigned_checkpoints_and_consistency_proofs_and_refuses_another_beginning(tmp_path: Path, reader: Path) -> None:
    folders = [
        grown(lay_out(tmp_path / f"{old}-{new}", *cosigned(made_here(new, 0))), old, new) for old, new in ((1, 2), (6, 7), (256, 300))
    ]
    answer = subprocess.run([reader, *folders], capture_output=True, text=True, check=False)
    assert answer.stdout.splitlines() == [
        "grew from 1",
        "read log.example 2 0 1 2",
        "grew from 6",
        "read log.example 7 0 1 2",
        "grew from 256",
        "read log.example 300 0 1 2",
    ]
    assert answer.returncode == 0
    forked = grown(lay_out(tmp_path / "forked", *made_here(7, 0)), 5, 7, other=True)
    assert subprocess.run([reader, forked], capture_output=True, check=False).returncode == 1


@pytest.mark.needs("Go")
def test_go_reads_our_checkpoints_and_inclusion_proofs_and_refuses_a_changed_one(tmp_path: Path, reader: Path) -> None:
    golden = TlogProof.from_bytes(vectors.data("bundle/proof.tlog-proof"))
    folders = [lay_out(tmp_path / "golden", golden, vectors.data("bundle/entry"), Vkey.from_text(vectors.lines("bundle/log.vkeys")[0]))]
    folders += [lay_out(tmp_path / f"{size}-{index}", *made_here(size, index)) for size, index in ((1, 0), (7, 6), (300, 256))]
    proof, entry, vkey = made_here(7, 3)
    changed = lay_out(tmp_path / "changed", proof, entry + b"!", vkey)
    answer = subprocess.run([reader, *folders], capture_output=True, text=True, check=False)
    assert answer.stdout.splitlines() == [
        "read demo.invalid/golden 13 7 1 1",
        "read log.example 1 0 1 1",
        "read log.example 7 6 1 1",
        "read log.example 300 256 1 1",
    ]
    assert answer.returncode == 0
    assert subprocess.run([reader, changed], capture_output=True, check=False).returncode == 1
