"""Answers built from the request alone: same request, same answer.  Pure: no clock, no network, no randomness."""

from mock_provider.replies.build import ENDPOINTS, build_reply
from mock_provider.replies.refusals import RequestRefusedError
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script
from mock_provider.replies.stored import STORED

__all__ = ["ENDPOINTS", "STORED", "Reply", "ReplyIds", "RequestRefusedError", "Script", "build_reply"]
