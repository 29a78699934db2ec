"""Two versions of a target measured in turns on one machine, for the gate.  Starts processes; judges nothing."""
