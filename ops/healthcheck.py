"""Asks the server in this container whether it is ready; exit status 0 when it is. Certificates are not looked at: it is itself."""

from __future__ import annotations

import http.client
import ssl
import sys

from sekisho.settings import load_settings

server = load_settings(None).settings.server
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
connection = http.client.HTTPSConnection("127.0.0.1", server.https_port, timeout=3, context=context)
try:
    connection.request("GET", "/-/health/ready", headers={"Host": server.hostnames[0]})
    answer = connection.getresponse()
    sys.stdout.write(answer.read(500).decode("utf-8", "replace"))
    sys.exit(0 if answer.status == 200 else 1)
except OSError as error:
    sys.exit(f"not reached: {error}")
