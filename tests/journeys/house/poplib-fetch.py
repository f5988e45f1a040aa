# Fetches with poplib what it has not fetched yet, one file a message; told what and where on standard input.
import json
import os
import poplib
import ssl
import sys

facts = json.load(sys.stdin)
tls = ssl.create_default_context(cafile=facts["ca"])
pop = poplib.POP3_SSL("localhost", facts["port"], timeout=60, context=tls)
pop.user(facts["user"])
pop.pass_(facts["password"])
for line in pop.uidl()[1]:
    number, uid = line.decode().split(" ")
    path = os.path.join(facts["folder"], uid)
    if os.path.exists(path):
        continue
    lines = pop.retr(int(number))[1]
    with open(path, "xb") as file:
        file.write(b"\n".join(lines) + b"\n")
pop.quit()
