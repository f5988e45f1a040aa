"""Verifies every signature of every message of a folder with dkimpy: one line of JSON with a list of results for each file."""

import json
import os
import sys

import dkim

folder, records = sys.argv[1:3]
with open(records, encoding="ascii") as lines:
    zone = dict(line.rstrip("\n").split(" ", 1) for line in lines)


def txt(name, timeout=5):
    text = zone.get(name.decode("ascii").rstrip("."))
    return None if text is None else text.encode("ascii")


def verify(octets):
    message = dkim.DKIM(octets, minkey=1024)
    count = sum(1 for name, _ in message.headers if name.lower() == b"dkim-signature")
    results = []
    for index in range(count):
        try:
            results.append(bool(message.verify(idx=index, dnsfunc=txt)))
        except Exception as error:  # each of its errors is an answer of its own
            results.append(type(error).__name__ + ": " + str(error))
    return results


found = {}
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), "rb") as file:
        found[name] = verify(file.read())
print(json.dumps(found))
