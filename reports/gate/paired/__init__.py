"""Head against base, measured in pairs: the statistics, and what they come to.  Pure: reads runs that were made."""
