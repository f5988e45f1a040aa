# Sends with smtplib, reads with imaplib and poplib; run by python.test.ts with ports on standard input.
import imaplib
import json
import poplib
import smtplib
import ssl
import sys

facts = json.load(sys.stdin)
ports, password = facts["ports"], facts["password"]
ada, bob = "ada@example.test", "bob@example.test"
tls = ssl.create_default_context(cafile=facts["ca"])
host = "localhost"
limit = 60


def mail(number):
    lines = [
        f"From: {ada}",
        f"To: {bob}",
        f"Subject: python {number}",
        "",
        ".dot",
        "..two dots",
        "",
        f"The end of {number}.",
        "",
    ]
    return "\r\n".join(lines).encode()


with smtplib.SMTP(host, ports["mx"], timeout=limit) as smtp:
    smtp.starttls(context=tls)
    smtp.sendmail("x@elsewhere.test", [bob], mail(1))
    try:
        smtp.sendmail("x@elsewhere.test", ["nobody@example.test"], mail(9))
        sys.exit("an unknown recipient was taken")
    except smtplib.SMTPRecipientsRefused as refused:
        assert refused.recipients["nobody@example.test"][0] == 550, refused

with smtplib.SMTP(host, ports["submission"], timeout=limit) as smtp:
    smtp.starttls(context=tls)
    smtp.login(ada, password)
    smtp.sendmail(ada, [bob], mail(2))

with smtplib.SMTP_SSL(host, ports["submissions"], context=tls, timeout=limit) as smtp:
    smtp.login(ada, password)
    smtp.sendmail(ada, [bob, ada], mail(3))

with imaplib.IMAP4_SSL(host, ports["imaps"], ssl_context=tls, timeout=limit) as imap:
    imap.login(bob, password)
    imap.select("INBOX")
    found = imap.uid("SEARCH", None, "SUBJECT", '"python"')[1][0].split()
    assert len(found) == 3, found
    bodies = [imap.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1] for uid in found]
    for number, body in enumerate(bodies, 1):
        assert body.endswith(mail(number)), body
    imap.append("Drafts", r"(\Draft)", None, mail(4))
    imap.uid("STORE", found[0], "+FLAGS", r"(\Seen)")
    assert imap.search(None, "SEEN")[1][0].split() == [b"1"]
    imap.uid("COPY", found[0], "Archive")

with imaplib.IMAP4(host, ports["imap"], timeout=limit) as imap:
    imap.starttls(ssl_context=tls)
    imap.authenticate("PLAIN", lambda _: f"\0{bob}\0{password}".encode())
    assert imap.select("Drafts")[1] == [b"1"]
    assert imap.fetch("1", "(BODY[])")[1][0][1] == mail(4)

pop = poplib.POP3(host, ports["pop3"], timeout=limit)
pop.stls(context=tls)
pop.user(bob)
pop.pass_(password)
assert pop.stat()[0] == 3, pop.stat()
for number, body in enumerate(bodies, 1):
    lines = pop.retr(number)[1]
    assert b"".join(line + b"\r\n" for line in lines) == body
    assert pop.list(number).split()[2] == str(len(body)).encode()
ids = pop.uidl()[1]
assert len(set(ids)) == 3, ids
pop.dele(1)
pop.quit()

pop = poplib.POP3_SSL(host, ports["pop3s"], context=tls, timeout=limit)
pop.user(bob)
pop.pass_(password)
assert pop.stat()[0] == 2, pop.stat()
assert [line.split()[1] for line in pop.uidl()[1]] == [line.split()[1] for line in ids[1:]]
pop.quit()
print("all agree")
