# One client of all-clients-agree.test.ts: works on some messages, or tells what it sees. Facts on standard input.
import imaplib
import json
import re
import sys

facts = json.load(sys.stdin)
with imaplib.IMAP4("127.0.0.1", facts["port"], timeout=120) as imap:
    imap.login(facts["user"], facts["password"])
    if facts["task"] == "work":
        imap.select("INBOX")

        def uid_of(subject):
            found = imap.uid("SEARCH", None, "HEADER", "Subject", f'"{subject} "')[1][0].split()
            assert len(found) == 1, (subject, found)
            return found[0]

        flagged, moved, deleted = (uid_of(each) for each in facts["subjects"])
        imap.uid("STORE", flagged, "+FLAGS", r"(\Flagged)")
        imap.uid("COPY", moved, "Archive")
        imap.uid("STORE", b",".join([moved, deleted]), "+FLAGS.SILENT", r"(\Deleted)")
        imap.expunge()
    else:
        state = {}
        for mailbox in ("INBOX", "Archive"):
            imap.select(mailbox, readonly=True)
            answer = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
            lines = []
            for piece in answer:
                if not isinstance(piece, tuple):
                    continue
                flags = re.search(rb"FLAGS \(([^)]*)\)", piece[0]).group(1).decode().split()
                subject = piece[1].decode().split(":", 1)[1].strip()
                lines.append(" ".join([subject] + sorted(f for f in flags if f != r"\Recent")))
            state[mailbox] = sorted(lines)
        print(json.dumps(state))
