"""Promise P3: "limits access to IP addresses that you list", per trader where several share an account (R5; I20-I25).

An empty list means: from anywhere. What a change forbids is forbidden at once; what it newly allows waits for the delay.

                 forbids more                          allows more
    active ───────────────────────▶ active now   active ───────────▶ pending ──delay──▶ active
             known addresses stay                             │
             valid for the delay;                             └──cancelled──▶ as before
             it can be taken back
"""

from sekisho.domain.ip_restrictions.address_list import AddressList, Change, Exempt, change_list
from sekisho.domain.ip_restrictions.entries import Entries, Entry
from sekisho.domain.ip_restrictions.policy import IpRestrictionPolicy
from sekisho.domain.ip_restrictions.reading import LineNote, Reading, read_entries, written_entries

__all__ = [
    "AddressList",
    "Change",
    "Entries",
    "Entry",
    "Exempt",
    "IpRestrictionPolicy",
    "LineNote",
    "Reading",
    "change_list",
    "read_entries",
    "written_entries",
]
