"""One picture attacked by answers alone: scores, or only the class, without any gradient."""
