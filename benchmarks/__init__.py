"""The published figures, measured on a local cluster, side by side with a peer where there is one."""
