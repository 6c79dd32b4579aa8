"""Who computes the chunks of an evaluation: processes of this computer, or a cluster."""
