"""Attacks on the running demo, played from outside: real logins over HTTP, and instructions as the broker's trading system would ask them.

The thief comes from another loopback address, which stands for a foreign network (`demo.networks`). He has the password from the demo's
folder, and reads the security code in the outbox file, as he would have it relayed by a false page.
"""
