# Reads delivery reports with Python's email package and compares them field by field; run by report-fields.test.ts.
import base64
import email
import email.policy
import json
import sys

TYPES = {
    False: ["text/plain", "message/delivery-status"],
    True: ["text/plain", "message/global-delivery-status"],
}


def fail(case, what):
    sys.exit(f"{case['name']}: {what}")


def check(case):
    octets = base64.b64decode(case["octets"])
    policy = email.policy.default.clone(utf8=True)
    report = email.message_from_bytes(octets, policy=policy)
    if report.defects:
        fail(case, report.defects)
    for name, value in case["top"].items():
        if str(report[name]) != value:
            fail(case, f"{name}: {report[name]!r} instead of {value!r}")
    if report.get_content_type() != "multipart/report":
        fail(case, report.get_content_type())
    if report.get_param("report-type") != "delivery-status":
        fail(case, report["Content-Type"])
    parts = list(report.iter_parts())
    types = [part.get_content_type() for part in parts]
    if types != TYPES[case["international"]] + [case["returned"]]:
        fail(case, types)
    for part in report.walk():
        if part.defects:
            fail(case, part.defects)
    lines = parts[0].get_content().splitlines()[:5]
    if case["opening"] not in " ".join(lines):
        fail(case, lines)
    compare(case, blocks_of(parts[1]))


def blocks_of(part):
    """The groups of fields. The package does not know the international type, and takes it for a message."""
    if part.get_content_type() == "message/delivery-status":
        return part.get_payload()
    octets = part.get_payload(0).as_bytes(policy=email.policy.SMTPUTF8.clone(max_line_length=0))
    groups = octets.decode().split("\r\n\r\n")
    return [email.message_from_string(group, policy=email.policy.compat32) for group in groups]


def compare(case, blocks):
    groups = [case["message"]] + case["recipients"]
    if len(blocks) != len(groups):
        fail(case, f"{len(blocks)} groups of fields")
    for block, wanted in zip(blocks, groups):
        found = {name: " ".join(str(value).split()) for name, value in block.items()}
        if found != wanted:
            fail(case, f"{found} instead of {wanted}")


cases = json.load(sys.stdin)
for case in cases:
    check(case)
print(f"{len(cases)} reports agree")
