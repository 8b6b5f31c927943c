"""Checks an export of the audit log without Gatehouse: the chain, and the checkpoints' signatures.

    gatehouse audit key > key.json                      once, kept where nobody who runs the server can change it
    gatehouse audit export > audit.jsonl
    python3 docs/check_export.py key.json audit.jsonl   needs the package cryptography
"""

import hashlib
import json
import sys
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(line: dict, *without: str) -> bytes:
    """RFC 8785, of what there is in such a line: texts and whole numbers under ASCII names."""
    members = {name: value for name, value in line.items() if name not in without}
    for name in ("time", "older_than"):
        if name in members:
            moment = datetime.fromisoformat(members[name].replace("Z", "+00:00"))
            members[name] = (moment - EPOCH) // timedelta(microseconds=1)
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def check(key: Ed25519PublicKey, lines) -> tuple[int, int]:
    sequence, head, previous = 0, bytes(32), None
    entries = checkpoints = 0
    begins_late = False
    for line in map(json.loads, lines):
        if line["type"] == "entry":
            number, found = line["sequence"], bytes.fromhex(line["hash"])
            assert not begins_late, f"entry {number}: nothing tells what it follows"
            assert number == sequence + 1, f"entry {sequence + 1} is missing"
            text = canonical(line, "type", "sequence", "hash", "payload_body")
            assert hashlib.sha256(head + text).digest() == found, f"entry {number} does not fit"
            sequence, head, entries = number, found, entries + 1
            continue
        try:
            key.verify(decoded(line["signature"]), canonical(line, "signature"))
        except InvalidSignature:
            raise AssertionError(f"the {line['type']} line at {line['sequence']} is not signed by that key") from None
        if line["type"] == "dropped":
            begins_late = True
            sequence = line["sequence"]
            continue
        if begins_late:
            # Where retention ended the chain goes on from its checkpoint.
            assert line["sequence"] == sequence, f"the checkpoint of entry {sequence} is missing"
            head, begins_late = bytes.fromhex(line["hash"]), False
        else:
            assert line.get("previous") == previous, f"a checkpoint before that of {line['sequence']} is missing"
        assert (line["sequence"], line["hash"]) == (sequence, head.hex()), f"entry {sequence} was written anew"
        previous, checkpoints = line["signature"], checkpoints + 1
    return entries, checkpoints


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        public = Ed25519PublicKey.from_public_bytes(decoded(json.load(file)["x"]))
    with open(sys.argv[2]) as export:
        try:
            print("%d entries and %d checkpoints fit" % check(public, export))
        except AssertionError as problem:
            sys.exit(str(problem))
