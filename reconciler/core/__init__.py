"""Pure core: values in, values out; no clock, files, network, randomness or logging."""
