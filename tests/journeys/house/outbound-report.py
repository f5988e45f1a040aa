# Reads a report with Python's email package, strictly, and says as JSON what is in it.
import email
import email.policy
import json
import sys

octets = sys.stdin.buffer.read()
policy = email.policy.default.clone(raise_on_defect=True)
message = email.message_from_bytes(octets, policy=policy)
assert message.get_content_type() == "multipart/report", message.get_content_type()
assert message.get_param("report-type") == "delivery-status"
text, status, original = message.iter_parts()



def blocks(part):
    # RFC 6533's type is unknown to Python: its groups are taken apart here, and each is read by it.
    if part.get_content_type() == "message/delivery-status":
        return part.get_payload()
    body = part.as_bytes().replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    groups = [group for group in body.split(b"\n\n") if group.strip()]
    return [email.message_from_bytes(group + b"\n\n", policy=policy) for group in groups]


groups = [[[name, str(value)] for name, value in block.items()] for block in blocks(status)]
if original.is_multipart():
    returned = original.get_payload(0)
else:
    returned = email.message_from_bytes(original.get_payload(decode=True), policy=policy)
json.dump(
    {
        "fields": [[name, str(value)] for name, value in message.items()],
        "types": [part.get_content_type() for part in (text, status, original)],
        "text": text.get_content(),
        "message": groups[0],
        "recipients": groups[1:],
        "returned": [[name, str(value)] for name, value in returned.items()],
    },
    sys.stdout,
)
