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
groups = [
    [[name, str(value)] for name, value in block.items()] for block in status.get_payload()
]
kind = original.get_content_type()
returned = original.get_content() if kind.startswith("message/") else original
if kind == "message/global-headers" or kind == "text/rfc822-headers":
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
