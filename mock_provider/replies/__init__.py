"""Answers built from the request, and from the responses before it: no clock, no network, no randomness.

Pure, but for the memory that is handed in.
"""

from mock_provider.replies.build import ENDPOINTS, build_reply
from mock_provider.replies.memory import Memory
from mock_provider.replies.refusals import RequestRefusedError
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script
from mock_provider.replies.stored import STORED

__all__ = [
    "ENDPOINTS",
    "STORED",
    "Memory",
    "Reply",
    "ReplyIds",
    "RequestRefusedError",
    "Script",
    "build_reply",
]
