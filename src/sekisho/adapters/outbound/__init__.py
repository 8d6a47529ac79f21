"""Every call that leaves the house goes through here (R15): one resolution, https, no redirects, public addresses, small and soon over."""

from sekisho.adapters.outbound.client import Answer, Call, OutboundClient
from sekisho.adapters.outbound.failure import OutboundFailure, Why
from sekisho.adapters.outbound.smtp import SmtpLine, SmtpServer

__all__ = ["Answer", "Call", "OutboundClient", "OutboundFailure", "SmtpLine", "SmtpServer", "Why"]
