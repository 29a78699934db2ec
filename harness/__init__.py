"""chainload: where a LangChain chain saturates, why, and at which line."""
