"""Charts of a report: one file a chart, and the table of them in ``catalogue``."""
