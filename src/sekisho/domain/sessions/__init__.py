"""Promise P5: "logs you out of the application after a specified period of inactivity" (R6; N01-N05, N46-N50, I34-I35).

               human input (never fetches, streams or checks)
                 ┌────┐
    login ──▶  live ◀─┘ ──▶ ended: idle · too old · logged off · ended by the trader or staff · replaced · password changed

A session is over at last input + idle time, and at its absolute end, whichever comes first: exact on the server's clock.
"""

from sekisho.domain.sessions.policy import SessionPolicy
from sekisho.domain.sessions.session import Channel, EndReason, Session, book_input, idle_of

__all__ = ["Channel", "EndReason", "Session", "SessionPolicy", "book_input", "idle_of"]
