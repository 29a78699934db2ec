"""Locust scenarios, one a file, and the chains they drive."""
