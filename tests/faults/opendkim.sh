#!/bin/sh
# Verifies the mail on standard input by opendkim-testmsg, in a network of its own whose name server has one record.
# Run by: unshare --mount --net. Arguments: python, name and text of the record, a folder of the test's own.
set -eu
"$1" -c 'import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))'
echo "nameserver 127.0.0.1" > "$4/resolv.conf"
mount --bind "$4/resolv.conf" /etc/resolv.conf
mkfifo "$4/up"
"$1" "$(dirname "$0")/one_record_dns.py" "$2" "$3" > "$4/up" &
server=$!
read -r _ < "$4/up"
verdict=0
opendkim-testmsg || verdict=$?
kill "$server"
rm "$4/up"
exit "$verdict"
