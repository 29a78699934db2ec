"""The process in which the user's chain runs.  No gevent, no locust, ever."""
