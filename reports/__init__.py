"""From a run directory to a verdict and a page.  Starts nothing, and reads nothing but the run directory."""
