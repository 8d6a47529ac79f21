"""Notices and codes that reach the trader (R4, R10; J09, J13, N43, N45).

A message is a key and parameters; it becomes text in the trader's language by `render`, which cannot make a text with a link or with
a phone number other than the firm's published one: such a text raises. So traders can be told that a true message never holds a link.
"""

from sekisho.domain.notifications.kinds import Channel, CodePurpose, NoticeKind, Place

__all__ = ["Channel", "CodePurpose", "NoticeKind", "Place"]
