"""A provider with OpenAI's interface that breaks on request: as a server, a respx router and a pytest plugin."""
