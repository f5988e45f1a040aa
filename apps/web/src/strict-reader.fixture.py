# Reads clientConfig as K-9 Mail does (its app-autodiscovery-autoconfig): every server must be whole and of a kind that is
# known, or all of the file is thrown away. Prints what it would set up, as JSON.
import json
import re
import sys
import xml.etree.ElementTree as tree

address = sys.argv[1]
local, domain = address.split('@')
root = tree.fromstring(sys.stdin.buffer.read())


def fail(text):
    sys.exit(text)


def filled(text):
    for name, value in (('ADDRESS', address), ('LOCALPART', local), ('DOMAIN', domain)):
        text = text.replace('%EMAIL' + name + '%', value)
    return text


def text_of(server, name):
    found = server.findall(name)
    if not found or not (found[0].text or '').strip():
        fail('no ' + name)
    return filled(found[0].text.strip())


def read(server):
    host = text_of(server, 'hostname')
    if not re.fullmatch(r'[a-z0-9-]+(\.[a-z0-9-]+)+', host):
        fail('no host ' + host)
    port = int(text_of(server, 'port'))
    if not 0 < port < 65536:
        fail('no port')
    security = text_of(server, 'socketType')
    if security not in ('SSL', 'STARTTLS'):
        fail('no security ' + security)
    methods = [one.text.strip() for one in server.findall('authentication')]
    if not any(one in ('OAuth2', 'password-cleartext', 'password-encrypted') for one in methods):
        fail('no way to sign in')
    return [server.get('type'), host, port, security, text_of(server, 'username')]


if root.tag != 'clientConfig' or root.get('version') != '1.1':
    fail('no clientConfig 1.1')
provider = root.find('emailProvider')
if provider is None or not provider.get('id') or not provider.findall('domain'):
    fail('no emailProvider')
servers = [read(one) for one in provider if one.tag in ('incomingServer', 'outgoingServer')]
kinds = [one[0] for one in servers]
if 'imap' not in kinds or 'smtp' not in kinds:
    fail('not both ways')
print(json.dumps(servers))
