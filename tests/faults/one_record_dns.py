"""A name server on 127.0.0.1:53 with one TXT record, for a network namespace of its own. Arguments: name and text of the record."""

import socket
import sys

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


def answer(asked: bytes, name: str, text: str) -> bytes:
    question = dns.message.from_wire(asked)
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA
    wanted = question.question[0]
    if wanted.rdtype == dns.rdatatype.TXT and str(wanted.name).rstrip(".").lower() == name:
        strings = " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
        reply.answer.append(dns.rrset.from_text(wanted.name, 60, "IN", "TXT", strings))
    else:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire(max_size=4096)


def main() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 53))
        line.settimeout(30)
        sys.stdout.write("up\n")
        sys.stdout.flush()
        while True:
            asked, whence = line.recvfrom(4096)
            line.sendto(answer(asked, sys.argv[1], sys.argv[2]), whence)


if __name__ == "__main__":
    main()
