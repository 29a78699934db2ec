"""The gate: criteria on runs, one verdict, one exit code.  Reads verdicts, runs nothing."""
